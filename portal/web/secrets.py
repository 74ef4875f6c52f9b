"""The instance's own key: made once, readable by its user alone, and what is derived from it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_LENGTH = 32


class UnsafeKey(RuntimeError):
    """The key file cannot be used as it is; the message says why and what to do."""


def instance_secret(file: Path) -> bytes:
    """Return the instance's key, making it on the first call. Raise `UnsafeKey` where others could read it."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_bytes(_LENGTH))
            out.flush()
            os.fsync(out.fileno())
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise UnsafeKey(f"密钥文件 {file} 能被其他用户读取。请执行 chmod 600 {file} 后重新启动。")
    key = file.read_bytes()
    if len(key) != _LENGTH:
        raise UnsafeKey(
            f"密钥文件 {file} 不完整（应为 {_LENGTH} 字节）。请从备份恢复；没有备份时删除它再启动，"
            "所有人须重新登录并重新设置动态口令。"
        )
    return key


def derived(secret: bytes, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret)
