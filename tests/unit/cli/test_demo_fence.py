from pathlib import Path

from tollbook.cli.demo_command import let_in
from tollbook.engine.fence_file import read_fence
from tollbook.model.fence import Reach


def test_the_demo_is_let_into_its_own_folder_though_that_is_hidden(tmp_path: Path) -> None:
    site, folder = tmp_path / ".demo/site", tmp_path / ".demo/web-console"
    site.parent.mkdir()

    let_in(site, folder)

    assert read_fence(site).bars_path(str(folder), Reach.READ) is None
    assert read_fence(site).bars_path(str(site), Reach.READ)
    assert (site / "tollbook.toml").stat().st_mode & 0o077 == 0
