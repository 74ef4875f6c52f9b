"""The settings of a command: read from the environment, or refused by name."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from portal.cli.telling import Refusal
from portal.config import Settings


def load_settings() -> Settings:
    """Read the environment, or refuse naming the variable."""
    try:
        return Settings()
    except ValidationError as wrong:
        told = "；".join(_say(dict(one)) for one in wrong.errors())
        raise Refusal(f"设置不对：{told}。请改正环境变量后重试。") from wrong


def _say(error: dict[str, Any]) -> str:
    name = f"PORTAL_{'_'.join(map(str, error['loc'])).upper()}"
    if error["type"] == "value_error":
        return f"{name}：{error['ctx']['error']}"
    return f"{name} 的值“{error['input']}”不能用"
