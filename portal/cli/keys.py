"""`portal keys`: the keys to which reports are sealed. The ceremony is described in docs/key-ceremony.md."""

from __future__ import annotations

import click

from portal.cli.key_files import create_command, init_command, root_command
from portal.cli.key_holders import holders_command
from portal.cli.key_lists import (
    draft_command,
    names_command,
    publish_command,
    revoke_command,
    rotate_command,
    sign_command,
)
from portal.cli.key_status import status_command


@click.group("keys")
def keys_command() -> None:
    """举报的密钥：建立、登记持钥人、公布清单、更换、吊销、查看状态。"""


for _one in (
    create_command,
    draft_command,
    holders_command,
    init_command,
    names_command,
    publish_command,
    revoke_command,
    root_command,
    rotate_command,
    sign_command,
    status_command,
):
    keys_command.add_command(_one)

COMMANDS = (keys_command,)
