"""Commands that a test or a benchmark adds to a command stream itself, with the code of an API process.

The code is made as in `CommandAuthenticator`: an HMAC-SHA256 of everything that affects the decision, under a key that
is derived from the signing secret.
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Mapping
from functools import lru_cache


@lru_cache(maxsize=8)
def _key(secrets: str) -> bytes:
    """HKDF-SHA256 without salt (RFC 5869), of the first secret: 32 bytes."""
    secret = secrets.split(",")[0].strip().encode()
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, b"gittix command codes\x01", hashlib.sha256).digest()


def signed(secrets: str, service: str, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a command to this service, with its code.

    :param secrets: SIGNING_SECRET
    """
    fingerprint = "=" + fields["fingerprint"] if "fingerprint" in fields else ""
    covered = b"".join(
        struct.pack(">I", len(value)) + value
        for value in (
            text.encode()
            for text in (
                service, fields["id"], fields["type"], fields["v"], fields["at"], fields["actor"], fingerprint,
                fields["body"],
            )
        )
    )  # fmt: skip
    code = base64.b64encode(hmac.new(_key(secrets), covered, hashlib.sha256).digest()).decode()
    return {**{name: value for name, value in fields.items() if name != "body"}, "mac": code, "body": fields["body"]}
