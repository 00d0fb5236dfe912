"""Ids of Hugging Face's tokenizers library for JSON texts on stdin.

argv: `encode TOKENIZER_JSON` prints the ids of each text and what they decode to;
`train VOCABULARY_SIZE SPECIAL...` prints the merges and vocabulary of its own BpeTrainer.
"""

import json
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

texts = json.load(sys.stdin)
if sys.argv[1] == "encode":
    tokenizer = Tokenizer.from_file(sys.argv[2])
    encodings = [tokenizer.encode(text).ids for text in texts]
    print(json.dumps([{"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=False)} for ids in encodings]))
else:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=int(sys.argv[2]),
        min_frequency=2,
        special_tokens=sys.argv[3:],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    print(json.dumps(json.loads(tokenizer.to_str())["model"]))
