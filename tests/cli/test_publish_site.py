"""`portal publish-site`: the site in another place, whole, and only what changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.site import destinations
from portal.site.carry import JOURNAL, NotCarried, carry
from portal.site.destinations import Folder, Unreachable
from portal.site.manifests import MANIFEST, files_of
from portal.site.precompress import compressed
from portal.site.trees import Store
from tests.cli.object_store import Stored, object_store

PAGE = "<p>示例财政局公开内容。</p>\n" * 80
Site = Mapping[str, str]

FIRST: Site = {
    "index.html": PAGE,
    "static/theme.css": "p { color: #222; }\n",
    "xiuzhou/index.html": PAGE,
    "xiuzhou/u/cz/index.html": PAGE + "一",
    "xiuzhou/u/cz/finance/2026Q1.html": PAGE + "一季度",
    "xiuzhou/u/cz/finance/2026Q1.json": '{"quarter": 1}',
    "xiuzhou/u/ny/index.html": PAGE + "农业农村局",
    "xiuzhou/u/ny/decision/3.html": PAGE + "决策",
}
SECOND: Site = {
    **{path: text for path, text in FIRST.items() if "/decision/" not in path},
    "xiuzhou/u/cz/index.html": PAGE + "二",
    "xiuzhou/u/cz/finance/2026Q2.html": PAGE + "二季度",
    "xiuzhou/u/cz/finance/2026Q1.html": "短",  # Too short for compressed copies, which it had before.
    "xiuzhou/u/jy/index.html": PAGE + "教育局",
}
THIRD: Site = {
    **{path: text for path, text in FIRST.items() if "2026Q1.json" not in path},
    "xiuzhou/u/ny/index.html": PAGE + "又一次",
}


class Builder:
    """Makes real builds, of trees as the site's own: one for each unit, one for each jurisdiction."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.now = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self, site: Site, *, keep: int = 2) -> Path:
        self.now += timedelta(minutes=1)
        self.store.prepare()
        name = self.store.free_name(self.now)
        area = self.store.start("xiuzhou", name, compress=compressed)
        for unit in sorted({path.split("/")[2] for path in site if path.startswith("xiuzhou/u/")}):
            prefix = f"xiuzhou/u/{unit}/"
            tree = self.store.start(f"xiuzhou/u/{unit}", name, compress=compressed)
            for path, text in site.items():
                if path.startswith(prefix):
                    tree.write(path.removeprefix(prefix), text.encode())
            area.mount(f"u/{unit}", tree.close())
        area.write("index.html", site["xiuzhou/index.html"].encode())
        top = self.store.stage(name, compress=compressed)
        for path in ("index.html", "static/theme.css"):
            top.write(path, site[path].encode())
        top.mount("xiuzhou", area.close())
        top.close(build=name, built_at=self.now.isoformat(), change=1)
        folder = self.store.publish(name)
        self.store.sweep(keep=keep)
        return folder


@pytest.fixture
def build(home: Path) -> Builder:
    return Builder(home / "site_build")


def portal(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["publish-site", *words], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def told(*words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(portal(*words, "--json").stdout)
    return answer


def contents(folder: Path) -> dict[str, bytes]:
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def listed(build: Path) -> dict[str, bytes]:
    """Return a build's files, read through the links of its trees."""
    return {path: (build / path).read_bytes() for path, _ in files_of(build)}


def test_the_whole_site_is_carried_as_plain_files(build: Builder, tmp_path: Path) -> None:
    made, copy = build(FIRST), tmp_path / "copy" / "site"

    output = portal(str(copy)).output

    assert contents(copy) == listed(made)
    assert not [one for one in copy.rglob("*") if one.is_symlink()]
    assert list(files_of(copy)) == list(files_of(made))  # The copy vouches for itself.
    assert hashlib.sha256((copy / MANIFEST).read_bytes()).hexdigest() in output
    assert "xiuzhou/u/cz/index.html.br" in contents(copy)


def test_only_what_changed_is_sent_and_what_is_gone_is_deleted(build: Builder, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    build(FIRST)
    portal(str(copy))
    assert told(str(copy))["sent"] == told(str(copy))["deleted"] == 0
    made = build(SECOND)
    before = {path: (copy / path).stat().st_ino for path in contents(copy)}

    plan = told(str(copy), "--dry-run")
    assert {path: (copy / path).stat().st_ino for path in contents(copy)} == before
    answer = told(str(copy))

    assert contents(copy) == listed(made)
    assert answer["sent"] == plan["sent"] == len(plan["to_send"])
    assert plan["to_delete"] == sorted(
        [
            "xiuzhou/u/cz/finance/2026Q1.html.br",
            "xiuzhou/u/cz/finance/2026Q1.html.gz",
            *(f"xiuzhou/u/ny/decision/3.html{end}" for end in ("", ".br", ".gz")),
        ]
    )
    assert not (copy / "xiuzhou/u/ny/decision").exists()
    touched = {
        path for path in before if path in contents(copy) and (copy / path).stat().st_ino != before[path]
    }
    assert touched == {
        MANIFEST, f"xiuzhou/{MANIFEST}", f"xiuzhou/u/cz/{MANIFEST}", f"xiuzhou/u/ny/{MANIFEST}",
        *(f"xiuzhou/u/cz/index.html{end}" for end in ("", ".br", ".gz")), "xiuzhou/u/cz/finance/2026Q1.html",
    }  # fmt: skip
    assert answer["unchanged"] + answer["sent"] == len(listed(made))


def test_an_older_build_can_be_carried_and_an_unknown_one_is_told(build: Builder, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    older, _ = build(FIRST), build(SECOND)

    portal(str(copy))
    portal(str(copy), "--build", older.name)

    assert contents(copy) == listed(older)
    for name in ("nothing", "../../home", ".", ""):
        assert older.name in portal(str(copy), "--build", name, code=1).output


def test_all_sends_every_file_anew_and_mends_a_changed_copy(build: Builder, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    made = build(FIRST)
    portal(str(copy))
    (copy / "xiuzhou/u/cz/finance/2026Q1.html").write_text("改过", encoding="utf-8")

    assert told(str(copy))["sent"] == 0  # Nothing is read that the manifests call the same.
    assert told(str(copy), "--all")["sent"] == len(listed(made))

    assert contents(copy) == listed(made)


class Stops(Folder):
    """A folder whose disk gives out after some writes and deletions."""

    def __init__(self, folder: Path, after: int) -> None:
        super().__init__(folder)
        self.left = after

    def _use(self) -> None:
        if self.left == 0:
            raise Unreachable("磁盘已满")
        self.left -= 1

    def put(self, path: str, content: bytes) -> None:
        self._use()
        super().put(path, content)

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            self._use()
            super().delete([path])


@pytest.mark.parametrize("then", [FIRST, SECOND, THIRD], ids=["back", "again", "onwards"])
def test_a_run_that_stops_anywhere_is_completed_by_the_next(
    then: Site, build: Builder, tmp_path: Path
) -> None:
    """Whatever was built in between: no old file stays, none is missing, and strangers' files are not touched."""
    start = tmp_path / "start"
    first = build(FIRST)
    portal(str(start))
    shutil.copytree(first, tmp_path / "first")
    second = build(SECOND, keep=9)
    old, new = listed(tmp_path / "first"), listed(second)
    third = build(then, keep=9)
    stopped = 0
    for after in range(100):
        copy = tmp_path / f"copy{after}"
        shutil.copytree(start, copy)
        (copy / "xiuzhou/u/note.txt").write_text("别人的", encoding="utf-8")
        try:
            carry(second, Stops(copy, after))
        except NotCarried:
            stopped += 1
        else:
            break
        there = contents(copy)
        top = there[MANIFEST]
        assert top in (old[MANIFEST], new[MANIFEST])
        # Every file is whole, the old one or the new one; once the top manifest is new, all are.
        for path, content in there.items():
            assert path in (JOURNAL, "xiuzhou/u/note.txt") or content in (old.get(path), new.get(path)), path
        if top == new[MANIFEST]:
            assert new.items() <= there.items()

        carry(third, Folder(copy))

        assert contents(copy) == {**listed(third), "xiuzhou/u/note.txt": "别人的".encode()}
        shutil.rmtree(copy)
    assert stopped > 20


def test_a_first_run_that_stopped_is_completed_though_there_is_no_manifest_yet(
    build: Builder, tmp_path: Path
) -> None:
    made, copy = build(FIRST), tmp_path / "copy"
    with pytest.raises(NotCarried, match="磁盘已满"):
        carry(made, Stops(copy, 5))
    assert not (copy / MANIFEST).exists()

    portal(str(copy))

    assert contents(copy) == listed(made)


def test_what_a_killed_process_was_writing_does_not_stay(build: Builder, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    build(FIRST)
    portal(str(copy))
    build(SECOND)
    with pytest.raises(NotCarried):
        carry(build.store.folder / "current", Stops(copy, 3))
    (copy / "xiuzhou/u/cz/finance/.2026Q2.html.carrying").write_bytes(b"half")
    made = build(FIRST)  # 2026Q2 is taken back before it was ever whole there.

    portal(str(copy))

    assert contents(copy) == listed(made)


def test_a_place_with_other_things_is_refused_and_never_emptied(build: Builder, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "letters.txt").write_text("别人的", encoding="utf-8")
    (copy / "index.html").write_text("别人的首页", encoding="utf-8")
    build(FIRST)

    refusal = portal(str(copy), code=1).output
    assert "已有别的内容" in refusal
    assert "--force" in refusal
    assert sorted(contents(copy)) == ["index.html", "letters.txt"]

    portal(str(copy), "--force")
    build(SECOND)
    portal(str(copy))
    assert (copy / "letters.txt").read_text(encoding="utf-8") == "别人的"
    assert (copy / "index.html").read_text(encoding="utf-8") == PAGE


@pytest.mark.parametrize(
    "manifest",
    [
        {"name": "某应用", "icons": []},
        {"files": {"../../outside.txt": "0" * 64}, "trees": {}},
        {"files": {"/etc/passwd": "0" * 64}},
        {"files": {"a.html": "0" * 64}, "trees": {"..": "0" * 64}},
        {"files": ["a.html"]},
        [],
    ],
)
def test_a_manifest_of_something_else_leads_nowhere(manifest: Any, build: Builder, tmp_path: Path) -> None:
    copy = tmp_path / "a" / "b"
    copy.mkdir(parents=True)
    outside = tmp_path / "outside.txt"
    outside.write_text("不能动", encoding="utf-8")
    (copy / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    made = build(FIRST)

    assert "已有别的内容" in portal(str(copy), code=1).output
    portal(str(copy), "--force")

    assert outside.read_text(encoding="utf-8") == "不能动"
    assert contents(copy) == listed(made)


def test_a_planted_link_in_the_place_of_an_unfinished_file_is_not_written_through(
    build: Builder, tmp_path: Path
) -> None:
    copy, victim = tmp_path / "copy", tmp_path / "victim"
    copy.mkdir()
    victim.write_text("不得改动", encoding="utf-8")
    for name in (".carrying.json.carrying", ".index.html.carrying", ".manifest.json.carrying"):
        (copy / name).symlink_to(victim)
    build(FIRST)

    portal(str(copy), "--force")

    assert victim.read_text(encoding="utf-8") == "不得改动"
    assert (copy / "index.html").is_file()
    assert not (copy / "index.html").is_symlink()


def test_a_planted_link_does_not_lead_out_of_the_folder(build: Builder, tmp_path: Path) -> None:
    copy, outside = tmp_path / "copy", tmp_path / "outside"
    copy.mkdir()
    outside.mkdir()
    (copy / "xiuzhou").symlink_to(outside)
    build(FIRST)

    assert "通向别处的链接" in portal(str(copy), "--force", code=1).output
    assert list(outside.iterdir()) == []


def test_a_damaged_inner_manifest_at_the_destination_is_told_and_mended(
    build: Builder, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    build(FIRST)
    portal(str(copy))
    (copy / "xiuzhou/u/cz" / MANIFEST).write_text("{", encoding="utf-8")
    made = build({**FIRST, "xiuzhou/u/cz/index.html": PAGE + "改"})

    answer = told(str(copy))

    assert "xiuzhou/u/cz/manifest.json 缺失或损坏" in answer["notes"][0]
    assert contents(copy) == listed(made)


@pytest.mark.parametrize("path", ["xiuzhou/u/cz/index.html", f"xiuzhou/u/cz/{MANIFEST}", MANIFEST])
def test_a_build_that_was_tampered_with_is_not_carried(path: str, build: Builder, tmp_path: Path) -> None:
    made = build(FIRST)
    (made / path).write_bytes(b'{"files": {}}' if path != MANIFEST else b"{")

    assert "portal build" in portal(str(tmp_path / "copy"), code=1).output
    assert not (tmp_path / "copy" / MANIFEST).exists()


def test_what_cannot_be_is_told_in_chinese(build: Builder, home: Path, tmp_path: Path) -> None:
    assert "还没有生成好的网站" in portal(str(tmp_path / "copy"), code=1).output
    build(FIRST)
    file = tmp_path / "file"
    file.write_text("x", encoding="utf-8")

    for place, said in (
        (str(file), "是文件而不是文件夹"),
        (str(file / "in"), "是文件而不是文件夹"),
        (str(home / "site_build" / "copy"), "重叠"),
        (str(home), "重叠"),
        ("ftp://example.com/x", "不认识"),
        ("s3:///x", "写法不对"),
        ("s3://bucket/../x", "写法不对"),
    ):
        output = portal(place, code=1).output
        assert said in output, output
        assert "Traceback" not in output
    assert contents(home / "site_build" / "current").keys()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stored]:
    with object_store("county", "theirs") as (address, stored):
        for name, value in (
            ("AWS_ENDPOINT_URL", address),
            ("AWS_ACCESS_KEY_ID", "example"),
            ("AWS_SECRET_ACCESS_KEY", "example"),
            ("AWS_REGION", "us-east-1"),
        ):
            monkeypatch.setenv(name, value)
        yield stored


def objects(bucket: Stored, name: str = "county", prefix: str = "site/") -> dict[str, bytes]:
    return {key.removeprefix(prefix): content for key, (content, _) in bucket.buckets[name].items()}


def test_a_bucket_gets_the_site_with_types_and_the_manifest_last(build: Builder, bucket: Stored) -> None:
    made = build(FIRST)

    portal("s3://county/site")

    assert objects(bucket) == listed(made)
    puts = [one for one in bucket.writes if one.startswith("put ")]
    assert puts[0] == f"put site/{JOURNAL}"
    assert puts[1] == "put site/static/theme.css"
    assert puts[-1] == f"put site/{MANIFEST}"
    assert bucket.writes[-1] == f"delete site/{JOURNAL}"
    for path, kind, cache in (
        ("index.html", "text/html; charset=utf-8", "no-cache"),
        ("index.html.br", "application/octet-stream", "no-cache"),
        ("index.html.gz", "application/gzip", "no-cache"),
        (MANIFEST, "application/json", "no-cache"),
        ("static/theme.css", "text/css; charset=utf-8", "public, max-age=600"),
    ):
        headers = bucket.buckets["county"][f"site/{path}"][1]
        assert headers == {"Content-Type": kind, "Cache-Control": cache}, path


def test_a_bucket_gets_only_what_changed(build: Builder, bucket: Stored) -> None:
    build(FIRST)
    portal("s3://county/site")
    bucket.buckets["county"]["site/theirs.txt"] = (b"x", {})
    made = build(SECOND)
    bucket.writes.clear()

    answer = told("s3://county/site")

    assert objects(bucket) == {**listed(made), "theirs.txt": b"x"}
    assert (
        answer["sent"] == len([one for one in bucket.writes if one.startswith("put ")]) - 1
    )  # But for the journal.
    assert not [one for one in bucket.writes if "static" in one or "u/ny/index" in one]


@pytest.mark.parametrize("after", [0, 1, 5, 9, 14, 18])
def test_a_run_to_a_bucket_that_stops_is_completed(after: int, build: Builder, bucket: Stored) -> None:
    build(FIRST)
    portal("s3://county/site")
    build(SECOND)
    bucket.fails_after = after
    assert "没有读写 s3://county/site 的权限" in portal("s3://county/site", code=1).output
    bucket.fails_after = None
    made = build(THIRD)

    portal("s3://county/site")

    assert objects(bucket) == listed(made)


def test_what_is_wrong_with_a_bucket_is_told(
    build: Builder, bucket: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(FIRST)
    bucket.buckets["theirs"]["letters.txt"] = (b"x", {})

    assert "没有 s3://nowhere 这个存储桶" in portal("s3://nowhere", code=1).output
    assert "已有别的内容" in portal("s3://theirs", code=1).output
    bucket.denied = True
    assert "AWS_ACCESS_KEY_ID" in portal("s3://county", code=1).output
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        assert "连接不上对象存储" in portal("s3://county", code=1).output
    assert bucket.writes == []


def test_a_port_is_no_status() -> None:
    for port in (40311, 14013, 403, 401):
        told = f"error sending request for url (http://127.0.0.1:{port}/county?list-type=2)"
        assert "连接不上对象存储" in destinations._say(told, "s3://county", f"http://127.0.0.1:{port}")
    for told in ("Server returned non-2xx status code: 403 Forbidden", "status: 401, Some error", "(403)"):
        assert "没有读写" in destinations._say(told, "s3://county", "AWS")


def test_the_command_draws_no_bar_and_says_one_object_with_json(build: Builder, tmp_path: Path) -> None:
    build(FIRST)
    done = subprocess.run(
        [sys.executable, "-m", "portal", "publish-site", str(tmp_path / "copy"), "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert json.loads(done.stdout)["dry_run"] is False
    assert done.stderr == ""
