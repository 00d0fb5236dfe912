"""Asks a reward server under TLS. Arguments: its address, and a folder with certificates, token and another CA.

Prints what came of each way of asking, as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

from majlis_reward import RewardClient, RewardError

url, folder = sys.argv[1], Path(sys.argv[2])
CA = {"ca": str(folder / "ca.pem")}
CERTIFICATE = {"cert": str(folder / "client.crt"), "key": str(folder / "client.key")}


def ask(**settings: Any) -> Any:
    try:
        return RewardClient(settings.pop("url", url), **settings).score(["Who?"], ["I."])[0].reward
    except RewardError as failure:
        return {"code": failure.code, "status": failure.status, "retryable": failure.retryable}


print(
    json.dumps(
        {
            "certificate": ask(**CA, **CERTIFICATE),
            "token": ask(**CA, **CERTIFICATE, token_file=str(folder / "token")),
            "address": ask(**CA, **CERTIFICATE, url=url.replace("//", "//anybody:" + (folder / "token").read_text() + "@")),
            "wrong_token": ask(**CA, **CERTIFICATE, token="guess"),
            "no_certificate": ask(**CA, timeout=0.2),
            "other_authority": ask(**CERTIFICATE, ca=str(folder / "other-ca.pem")),
        }
    )
)
