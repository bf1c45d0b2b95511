"""The provider that a PBX's settings choose, and whether the addresses it comes to are within the fence."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from tollbook.gate import barred
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.sources.rest_poll.options import Options
from tollbook.sources.rest_poll.own_provider import find_provider
from tollbook.sources.rest_poll.provider import Provider, filled
from tollbook.sources.rest_poll.provider_faults import address_fault


def problems_of_provider(options: Options, fence: Fence) -> list[Problem]:
    """Return what is wrong with the provider that options choose, as a site has it."""
    try:
        return list(_out_of_reach(find_provider(options.provider, fence.site), options, fence))
    except Misconfigured as fault:
        return list(fault.problems)


def provider_of(options: Options, fence: Fence) -> Provider:
    """Return the provider that options choose; raises `Unavailable` with what somebody has to mend."""
    try:
        provider = find_provider(options.provider, fence.site)
    except Misconfigured as fault:
        raise _unavailable(fault.problems[0]) from fault
    for problem in _out_of_reach(provider, options, fence):
        raise _unavailable(problem)
    return provider


def _unavailable(problem: Problem) -> Unavailable:
    where = f"{problem.where}: " if problem.where else ""
    hint = f"; {problem.help}" if problem.help else ""
    return Unavailable(f"{where}{problem.what}: {problem.reason}{hint}", permanent=True)


def _out_of_reach(provider: Provider, options: Options, fence: Fence) -> Iterator[Problem]:
    """Yield what is wrong with addresses as an account fills them: each is HTTPS and within the fence."""
    account = options.account or filled(provider.account, {"client_id": options.client_id})
    values = {"account": account, "client_id": options.client_id}
    for key, template in _addresses(provider, options).items():
        address = filled(template, values, quoted=True)
        fault = address_fault(address)
        if fault:
            hint = "set 'account' and 'client-id' to what the provider gave you"
            yield Problem(f"'{key}' of {provider.title} leads nowhere", f"{fault}; got {address[:200]!r}", help=hint)
            continue
        kept_out = barred(fence, Reach.CONNECT, address)
        if kept_out:
            what = f"'{key}' of {provider.title} must be somewhere that may be connected to"
            yield Problem(what, kept_out.reason, help=kept_out.help)


def _addresses(provider: Provider, options: Options) -> dict[str, str]:
    """Return the addresses that are gone to, by key, but for those in whose place an option gives another."""
    found = {} if options.url else {"address": provider.address}
    if provider.token and not options.token_url:
        moved = options.url and urlsplit(provider.token.address)[:2] == urlsplit(provider.address)[:2]
        found |= {} if moved else {"token.address": provider.token.address}
    return found
