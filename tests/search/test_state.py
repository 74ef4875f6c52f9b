"""The index on disk: one atomic step per change, whatever is killed, damaged or left behind."""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import pytest

from portal.search import Entry, IndexDamaged, SearchIndex, ensure_usable

Maker = Callable[..., Entry]
ROOT = Path(__file__).resolve().parents[2]


def test_apply_is_idempotent_by_key(index: SearchIndex, entry: Maker) -> None:
    assert index.apply([entry("a", text="旧稿"), entry("b")]) == 2
    assert index.apply([entry("a", text="新稿"), entry("a", text="定稿")], ["b", "b", "unknown"]) == 2
    assert index.apply([entry("a", text="定稿")]) == 1
    assert index.count() == 1
    assert index.search("定稿").total == 1
    assert index.search("“旧稿”").total == index.search("“新稿”").total == 0
    assert index.apply([], ["a", "a"]) == 1
    assert index.apply([], ["a"]) == 0
    assert index.count() == index.search("定稿").total == 0


def test_a_key_in_both_is_put(index: SearchIndex, entry: Maker) -> None:
    index.apply([entry("a")])
    assert index.apply([entry("a", title="留下")], ["a"]) == 1
    assert index.search("留下").total == 1


def test_many_small_changes_keep_every_record_right(index: SearchIndex, entry: Maker) -> None:
    chance = random.Random(7)
    kept: dict[str, int] = {}
    for turn in range(40):
        put = [
            entry(f"k{chance.randrange(12)}", text=f"第{turn}轮"),
            entry(f"k{chance.randrange(12)}", text=f"第{turn}轮"),
        ]
        remove = [f"k{chance.randrange(12)}"]
        index.apply(put, remove)
        kept.pop(remove[0], None)
        kept.update((each.key, turn) for each in put)
    hits = index.search("示例公开事项", per_page=100).hits
    assert {hit.key for hit in hits} == kept.keys()
    assert all(f"第{kept[hit.key]}轮" in hit.snippet_html for hit in hits)


def test_a_seeded_generator_does_not_make_segments_collide(index: SearchIndex, entry: Maker) -> None:
    for n in range(4):
        random.seed(1)
        index.apply([entry(f"k{n}", text=f"内容{n}")])
    assert index.count() == 4
    assert {hit.key for hit in index.search("内容").hits} == {"k0", "k1", "k2", "k3"}


def test_rebuild_replaces_everything_and_tells_how_far_it_is(index: SearchIndex, entry: Maker) -> None:
    index.apply([entry("old")])
    steps: list[int] = []
    again = [entry("a", text="先来"), entry("b"), entry("a", text="后到")]
    assert index.rebuild(iter(again), steps.append) == 2
    assert steps == [1, 2]
    assert index.count() == 2
    assert index.search("后到").total == 1
    assert index.search("先来").total == 0
    assert index.rebuild([]) == 0
    assert index.search("先来").total == 0


def test_an_index_that_was_never_made_answers_calmly(index: SearchIndex, tmp_path: Path) -> None:
    answer = index.search("预算")
    assert (answer.total, index.count()) == (0, 0)
    assert "portal sync --all" in (answer.notice or "")
    assert not ensure_usable(tmp_path / "search_index")
    assert not (tmp_path / "search_index").exists()


def test_the_files_of_the_repository_survive_and_the_rest_is_private(tmp_path: Path, entry: Maker) -> None:
    (tmp_path / "README.md").write_text("说明", "utf-8")
    (tmp_path / ".gitignore").write_text("*\n", "utf-8")
    (tmp_path / "state-0123456789abcdef").mkdir()
    (tmp_path / "state-0123456789abcdef" / "half").write_bytes(b"x")
    (tmp_path / "current-0123456789abcdef").write_bytes(b"x")
    index = SearchIndex(tmp_path)
    index.rebuild([entry("a")])
    index.apply([entry("b")])
    index.close()
    names = {path.name for path in tmp_path.iterdir()}
    (state,) = (name for name in names if name.startswith("state-"))
    assert names <= {"README.md", ".gitignore", ".writer.lock", "current", state}
    assert {"README.md", ".gitignore", "current"} <= names
    assert (tmp_path / "README.md").read_text("utf-8") == "说明"
    assert stat.S_IMODE((tmp_path / state).stat().st_mode) == 0o700


def test_a_failing_source_of_entries_leaves_the_old_state(
    index: SearchIndex, entry: Maker, tmp_path: Path
) -> None:
    index.apply([entry("a")])

    def failing() -> Iterator[Entry]:
        yield entry("b")
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        index.rebuild(failing())
    assert index.count() == 1
    assert len(list((tmp_path / "search_index").glob("state-*"))) == 1
    index.apply([entry("c")])
    assert index.count() == 2


def test_another_reader_sees_the_new_state_at_its_next_search(
    index: SearchIndex, entry: Maker, tmp_path: Path
) -> None:
    index.apply([entry("a", title="第一版")])
    reader = SearchIndex(tmp_path / "search_index")
    assert reader.search("第一版").total == 1
    index.apply([entry("a", title="第二版")])
    assert reader.search("“第二版”").total == 1
    index.rebuild([entry("b", title="重建")])
    assert [hit.key for hit in reader.search("重建").hits] == ["b"]
    reader.close()
    assert reader.count() == 1
    reader.close()


def test_readers_in_threads_see_whole_states_while_a_writer_writes(
    index: SearchIndex, entry: Maker, tmp_path: Path
) -> None:
    def generation(number: int) -> list[Entry]:
        return [entry(f"k{n}", text=f"共同内容 第{number}代") for n in range(5)]

    index.apply(generation(0))
    stop = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        reader = SearchIndex(tmp_path / "search_index")
        try:
            while not stop.is_set():
                answer = reader.search("共同内容")
                if answer.total != 5 or len({hit.snippet_html for hit in answer.hits}) != 1:
                    wrong.append(answer)
        except Exception as raised:
            wrong.append(raised)
        finally:
            reader.close()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 25):
        (index.rebuild if number % 5 == 0 else index.apply)(generation(number))
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def _files(folder: Path) -> list[Path]:
    (state,) = folder.glob("state-*")
    return [
        folder / "current",
        *(path for path in sorted(state.iterdir()) if path.suffix in (".seg", ".toc")),
    ]


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _garble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 3, len(content) // 3 + 8):
        content[at] ^= 0x5A
    path.write_bytes(content)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    "harm", [_truncate, _garble, _empty, Path.unlink], ids=["truncated", "garbled", "emptied", "gone"]
)
@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_damage_is_told_with_the_way_to_mend_it(
    tmp_path: Path, entry: Maker, which: int, harm: Callable[[Path], None]
) -> None:
    index = SearchIndex(tmp_path)
    index.apply([entry("a", text="预算" * 50)])
    index.apply([entry("b", text="决算" * 50)])
    index.close()
    files = _files(tmp_path)
    assert len(files) == 4 or which < len(files), files
    assert ensure_usable(tmp_path)
    harm(files[which % len(files)])
    assert not ensure_usable(tmp_path)
    if files[which % len(files)].exists() or which:
        for attempt in (
            lambda: index.search("预算"),
            index.count,
            lambda: index.apply([entry("c")]),
        ):
            with pytest.raises(IndexDamaged, match="portal sync --all"):
                attempt()
    assert index.rebuild([entry("a", text="预算")]) == 1
    assert ensure_usable(tmp_path)
    assert index.search("预算").total == 1
    index.close()


@pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning"
)  # Whoosh drops files that it fails to read.
@pytest.mark.parametrize("suffix", [".seg", ".toc"])
def test_what_the_engine_itself_cannot_read_is_told_alike(tmp_path: Path, entry: Maker, suffix: str) -> None:
    index = SearchIndex(tmp_path)
    index.apply([entry("a")])
    index.close()
    pointer = tmp_path / "current"
    told = json.loads(pointer.read_bytes().rpartition(b"\n")[0])
    (name,) = (name for name in told["files"] if name.endswith(suffix))
    nonsense = b"\x07nonsense" * 40
    (tmp_path / told["state"] / name).write_bytes(nonsense)
    told["files"][name] = [len(nonsense), blake2b(nonsense, digest_size=16).hexdigest()]
    body = json.dumps(told).encode()
    pointer.write_bytes(body + b"\n" + blake2b(body, digest_size=16).hexdigest().encode())
    with pytest.raises(IndexDamaged, match="portal sync --all"):
        index.search("示例")
    assert not ensure_usable(tmp_path)
    gc.collect()


def test_an_index_of_other_rules_still_answers_but_wants_a_rebuild(
    tmp_path: Path, entry: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = SearchIndex(tmp_path)
    index.apply([entry("a")])
    monkeypatch.setattr("portal.search.analysis.VERSION", 999)
    assert not ensure_usable(tmp_path)
    assert index.search("示例").total == 1
    index.apply([entry("b")])
    assert not ensure_usable(tmp_path)
    index.rebuild([entry("a")])
    assert ensure_usable(tmp_path)
    index.close()


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, entry: Maker) -> None:
    folder = tmp_path / "search_index"
    index = SearchIndex(folder)
    index.apply([entry("a")])
    index.close()
    folder.chmod(0o777)
    with pytest.raises(IndexDamaged, match="其他用户改写"):
        index.search("示例")
    with pytest.raises(IndexDamaged, match="chmod"):
        index.rebuild([])
    folder.chmod(0o755)
    (state,) = folder.glob("state-*")
    state.chmod(0o770)
    assert not ensure_usable(folder)
    state.chmod(0o700)
    assert ensure_usable(folder)


def _child(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_the_engine_imports_without_a_warning() -> None:
    child = _child("import portal.search; print('fine')")
    assert child.communicate()[0] == "fine\n"
    assert child.returncode == 0


WRITER = """
import sys
from datetime import date
from pathlib import Path
from portal.search import Entry, SearchIndex

folder, way, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
index = SearchIndex(folder)

def generation(number):
    return [
        Entry(str(n), "u", "标题", "k", "类", "j", "县", "u", "局", 2026, date(2026, 1, 1), None, "i", (),
              f"共同内容 第{number}代 " + "预算公开监督" * 60)
        for n in range(60 + number % 7)
    ]

print("ready", flush=True)
while True:
    number += 1
    entries = generation(number)
    if way == "rebuild":
        index.rebuild(entries)
    else:
        index.apply(entries, [str(n) for n in range(len(entries), 70)])
    print(number, flush=True)
"""


@pytest.mark.kill
@pytest.mark.parametrize("way", ["apply", "rebuild"])
def test_a_killed_writer_leaves_the_state_before_or_after(tmp_path: Path, way: str) -> None:
    chance = random.Random(way)
    told = 0
    for round_ in range(12):
        child = _child(WRITER, str(tmp_path), way, str(told))
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        # Every second one has finished a change before it is killed, however slow the machine is.
        first = child.stdout.readline() if round_ % 2 else ""
        time.sleep(chance.uniform(0.05, 0.6))
        child.send_signal(signal.SIGKILL)
        finished = [int(line) for line in (first + child.stdout.read()).split()]
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        told = finished[-1] if finished else told

        index = SearchIndex(tmp_path)
        answer = index.search("共同内容", per_page=100)
        if not told and not answer.total:
            continue  # Killed in its very first change: there was nothing before.
        snippets = {hit.snippet_html.split("预算")[0] for hit in answer.hits}
        assert len(snippets) == 1
        now = next(number for number in (told, told + 1) if f"第{number}代" in next(iter(snippets)))
        assert answer.total == index.count() == 60 + now % 7
        assert ensure_usable(tmp_path)
        index.close()
        told = now

    index = SearchIndex(tmp_path)
    started = time.monotonic()
    assert index.apply([], ["0"]) == 1
    assert time.monotonic() - started < 60
    assert len(list(tmp_path.glob("state-*"))) == 1
    assert not list(tmp_path.glob("current-*"))
    index.close()


@pytest.mark.kill
def test_the_lock_of_a_killed_writer_blocks_nobody_and_that_of_a_living_one_does(
    tmp_path: Path, entry: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.search import IndexBusy

    holding = """
import sys, time
from pathlib import Path
from portal.search.states import States
with States(Path(sys.argv[1])).writing():
    print("held", flush=True)
    time.sleep(60)
"""
    child = _child(holding, str(tmp_path))
    assert child.stdout
    assert child.stdout.readline() == "held\n"
    monkeypatch.setattr("portal.search.states.PATIENCE", 0.2)
    index = SearchIndex(tmp_path)
    with pytest.raises(IndexBusy, match="重试"):
        index.apply([entry("a")])
    child.kill()
    child.wait()
    child.stdout.close()
    assert index.apply([entry("a")]) == 1
    index.close()
