from ipaddress import ip_address, ip_network

import pytest

from tollbook.model.fence import Fence, Reach

FENCE = Fence(site="/srv/tollbook/site")


@pytest.mark.parametrize(
    "path",
    ["/srv/tollbook/site", "/srv/tollbook/site/api-token", "/srv/tollbook", "/srv", "/"],
    ids=["itself", "below it", "above it", "further above it", "the root"],
)
@pytest.mark.parametrize("reach", [Reach.READ, Reach.WRITE, Reach.KEY])
def test_the_site_and_what_holds_it_is_out_of_reach_whatever_is_listed(path: str, reach: Reach) -> None:
    listed = Fence(site=FENCE.site, folders=("/", "/srv/tollbook/site"))

    assert FENCE.bars_path(path, reach)
    assert listed.bars_path(path, reach)


@pytest.mark.parametrize("path", ["/srv/pbx", "/srv/tollbook/site-2", "/var/spool/pbx", "/mnt/nas", "/opt/pbx"])
@pytest.mark.parametrize("reach", [Reach.READ, Reach.WRITE])
def test_ordinary_folders_are_within_reach_without_a_file(path: str, reach: Reach) -> None:
    assert FENCE.bars_path(path, reach) is None


@pytest.mark.parametrize(
    "path",
    ["/etc/shadow", "/etc/ssl/private/a.key", "/proc/self/environ", "/sys", "/dev/sda", "/run/secrets/x", "/boot/grub",
     "/export/maria/.ssh/id_ed25519", "/export/maria/.pgpass", "/var/spool/cron/crontabs"],
)  # fmt: skip
def test_the_secrets_of_the_machine_are_kept_out(path: str) -> None:
    assert FENCE.bars_path(path, Reach.READ)


def test_a_closer_name_lets_in_what_is_kept_out() -> None:
    fence = Fence(site="/srv/tollbook", folders=("/", "/run/media", "/export/maria/.calls"))

    assert fence.bars_path("/run/media/stick", Reach.READ) is None
    assert fence.bars_path("/export/maria/.calls/today.csv", Reach.READ) is None
    assert fence.bars_path("/run/secrets", Reach.READ)


def test_with_folders_listed_nothing_else_is_within_reach_and_it_says_what_to_do() -> None:
    barred = Fence(site="/srv/tollbook", folders=("/srv/pbx",)).bars_path("/srv/pbx-2", Reach.READ)

    assert barred
    assert str(barred) == (
        "/srv/pbx-2 is outside the folders of [allow] in tollbook.toml; to allow it add '/srv/pbx-2' to 'folders' of "
        "[allow] in /srv/tollbook/tollbook.toml and start Tollbook again"
    )


def test_a_key_may_lie_where_the_system_has_its_keys_and_no_record_is_read_there() -> None:
    assert FENCE.bars_path("/etc/ssl/private/pbx.key", Reach.KEY) is None
    assert FENCE.bars_path("/etc/ssl/private/pbx.key", Reach.READ)
    assert FENCE.bars_path("/etc/ssh/ssh_host_ed25519_key", Reach.KEY)


def test_the_programs_of_the_system_are_not_written_over() -> None:
    assert FENCE.bars_path("/usr/bin", Reach.WRITE)
    assert FENCE.bars_path("/usr/share/pbx", Reach.READ) is None


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "100.100.100.200", "fd00:ec2::254", "0.0.0.1", "::", "224.0.0.1", "ff02::1",
     "255.255.255.255", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"],
)  # fmt: skip
def test_addresses_that_keep_credentials_or_are_nobodys_are_kept_out(address: str) -> None:
    assert FENCE.bars_address(ip_address(address))


@pytest.mark.parametrize("address", ["192.0.2.10", "10.1.2.3", "127.0.0.1", "::1", "2001:db8::1", "fd12::1"])
def test_public_and_private_networks_and_this_machine_are_within_reach(address: str) -> None:
    assert FENCE.bars_address(ip_address(address)) is None


def test_a_network_that_is_kept_out_is_let_in_by_its_name() -> None:
    fence = Fence(networks=(ip_network("10.0.0.0/8"), ip_network("fe80::/10")))

    assert fence.bars_address(ip_address("fe80::1")) is None
    assert fence.bars_address(ip_address("10.0.0.1")) is None
    assert "'networks'" in str(fence.bars_address(ip_address("192.0.2.10")))


def test_no_program_is_run_that_is_not_listed() -> None:
    fence = Fence(programs=("/usr/local/bin/read-pbx",))

    assert fence.bars_program("/usr/local/bin/read-pbx") is None
    assert fence.bars_program("/bin/sh")
    assert Fence().bars_program("/usr/local/bin/read-pbx")


@pytest.mark.parametrize("path", ["/dev/watchdog", "/dev/sda", "/dev/tty1", "/dev/pts/3", "/dev/ttyS0/../sda"])
def test_a_device_is_opened_only_where_it_is_a_serial_port_or_listed(path: str) -> None:
    assert FENCE.bars_device(path)
    assert FENCE.bars_device("/dev/ttyACM0") is None
    assert Fence(folders=("/", "/dev/pts")).bars_device("/dev/pts/3") is None
