"""The peer of bench/light-reward.ts: scikit-learn's HashingVectorizer and LogisticRegression on the same pairs, one thread.

Reads {"first": [...], "second": [...], "labels": [...]} from stdin; prints processor seconds of training and of scoring.
"""

import json
import sys
import time

from sklearn import __version__
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

data = json.load(sys.stdin)
began = time.process_time()
# The same n-grams into as many buckets, scaled to length 1; without a sign, as ours.
vectorizer = HashingVectorizer(
    analyzer="char", ngram_range=(2, 4), n_features=1 << 16, norm="l2", alternate_sign=False, lowercase=False
)
gaps = vectorizer.transform(data["first"]) - vectorizer.transform(data["second"])
# C = 1 is the same prior: half the squared norm beside the summed loss. Ours has ω = 1 as well here.
model = LogisticRegression(C=1.0, fit_intercept=False, solver="lbfgs", tol=1e-4, max_iter=500)
model.fit(gaps, data["labels"])
trained = time.process_time()
scores = vectorizer.transform(data["first"]) @ model.coef_[0]
scored = time.process_time()
print(
    json.dumps(
        {
            "version": __version__,
            "train": trained - began,
            "score": scored - trained,
            "iterations": int(model.n_iter_[0]),
            "accuracy": float(model.score(gaps, data["labels"])),
        }
    )
)
