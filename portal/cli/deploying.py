"""Commands that carry the site away: publish-site, headers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.settings import load_settings
from portal.cli.telling import Refusal, say, steps
from portal.site.carry import Carried, NotCarried, carry
from portal.site.destinations import Folder, Unreachable, destination
from portal.site.manifests import MANIFEST
from portal.site.trees import BUILDS, CURRENT
from portal.web.headers import CADDY, NGINX, content_policy, header_snippets

if TYPE_CHECKING:
    from portal.config import Settings

_SHOWN = 20


@click.command("publish-site")
@click.argument("place", metavar="DEST")
@click.option(
    "--build", "name", default=None, help="带走哪一次生成的网站（builds/ 下的名称）；默认是当前的。"
)
@click.option("--all", "everything", is_flag=True, help="不作比较，全部文件重传一遍。")
@click.option("--force", is_flag=True, help="目的地里有别的内容时也写入（不删除原有的其他文件）。")
@click.option("--dry-run", is_flag=True, help="只列出要传和要删的文件，不改动目的地。")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象。")
def publish_site_command(
    place: str, name: str | None, everything: bool, force: bool, dry_run: bool, as_json: bool
) -> None:
    """把生成好的静态网站带到一个文件夹或对象存储，只传有变化的文件。

    DEST 是文件夹，或 s3://桶名/前缀（密钥、地区和地址取自环境变量 AWS_ACCESS_KEY_ID、
    AWS_SECRET_ACCESS_KEY、AWS_REGION、AWS_ENDPOINT_URL）。先传新的和有变化的文件，再删除多余的，
    最后写清单；中断后重新运行即可接着完成。
    """
    settings = load_settings()
    build = _build(settings, name)
    try:
        there = destination(place)
        if isinstance(there, Folder):
            _refuse_own_folder(there.folder, settings)
        with steps("传送文件", quiet=as_json) as step:
            done = carry(build, there, everything=everything, force=force, dry_run=dry_run, progress=step)
    except (NotCarried, Unreachable) as refusal:
        raise Refusal(str(refusal)) from refusal
    _tell(done, as_json=as_json)


def _build(settings: Settings, name: str | None) -> Path:
    folder = settings.site_folder
    build = folder / CURRENT if name is None else folder / BUILDS / name
    if name is not None and (build.parent != folder / BUILDS or not (build / MANIFEST).is_file()):
        known = (
            sorted(one.name for one in (folder / BUILDS).glob("[!.]*")) if (folder / BUILDS).is_dir() else []
        )
        raise Refusal(f"没有名为“{name}”的网站。可用：{'、'.join(known) or '无，请先运行 portal build'}。")
    if not (build / MANIFEST).is_file():
        raise Refusal(f"{folder} 里还没有生成好的网站。请先运行 portal sync 或 portal build。")
    return build


def _refuse_own_folder(place: Path, settings: Settings) -> None:
    """Keep the copy and what the instance itself writes apart."""
    there, own = place.resolve(), settings.site_folder.resolve()
    if there.is_relative_to(own) or own.is_relative_to(there):
        raise Refusal(f"{place} 与平台自己的文件夹 {own} 重叠。请换一个位置。")


def _tell(done: Carried, *, as_json: bool) -> None:
    if as_json:
        answer = {
            "build": done.build,
            "destination": done.destination,
            "dry_run": done.dry_run,
            "sent": len(done.put),
            "deleted": len(done.deleted),
            "unchanged": done.unchanged,
            "bytes": done.bytes,
            "manifest_sha256": done.manifest,
            "notes": list(done.notes),
        }
        if done.dry_run:
            answer |= {"to_send": list(done.put), "to_delete": list(done.deleted)}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    for note in done.notes:
        click.echo(f"注意：{note}", err=True)
    if done.dry_run:
        for word, paths in (("传", done.put), ("删", done.deleted)):
            for path in paths[:_SHOWN]:
                say(f"  {word} {path}")
            if len(paths) > _SHOWN:
                say(f"  {word} ……等 {len(paths)} 个")
    will = "将" if done.dry_run else "已"
    say(
        f"{will}传 {len(done.put)} 个文件（{done.bytes / 1e6:.1f} MB），{will}删 {len(done.deleted)} 个，"
        f"{done.unchanged} 个没有变化。{done.destination}"
    )
    say(f"网站 {done.build}，清单指纹 {done.manifest}")


@click.command("headers")
@click.argument("server", type=click.Choice(["nginx", "caddy"]))
def headers_command(server: str) -> None:
    """输出网站服务器（nginx 或 Caddy）要加的安全响应头。

    存成文件后由 deploy/ 中的示例配置引用，例如 portal headers nginx > headers.nginx.conf。
    设有 PORTAL_SEARCH_URL 时，允许检索框提交到那个网站；设有 PORTAL_REPORT_URL 时，
    允许举报页面的脚本把加密后的举报交给那台主机。
    """
    settings = load_settings()
    snippets = header_snippets(content_policy(settings.search_url, settings.report_url))
    click.echo(snippets[{"nginx": NGINX, "caddy": CADDY}[server]], nl=False)


COMMANDS = (publish_site_command, headers_command)
