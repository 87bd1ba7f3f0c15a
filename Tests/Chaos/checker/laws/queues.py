"""At rest, no message in Redis is pending, waiting, deferred or dead-lettered without an explanation.

The command streams are empty, no group has pending entries, every group exists and is at the end of its stream, `later`
and `dead` are empty, and no deferral mark exists without its event. Explained: the messages that the harness itself
added, of a payload version that no build knows; and deferred commands that wait for an account, order or listing that a
failover to an asynchronous standby has lost.
"""

import json
from typing import Any

from ..report import LawResult
from ..requests import UUID
from ..system import System

REQUIRES = ("redis",)


def check(system: System, result: LawResult) -> None:
    injected = system.run.injected_ids if system.run else set()
    for service in system.services.all:
        _check_streams(system, result, service, injected)
        _check_deferred(system, result, service, injected)
        _check_group(system, result, system.key("commands", service), service, must_exist=False)
        for source in system.services.follows[service]:
            _check_group(system, result, system.key("events", source), service, must_exist=True)
    for key in system.redis.scan_iter(match=f"{system.prefix}:paused:*"):
        result.notes.append(f"{key} is set: the workers of that service are paused")


def _check_streams(system: System, result: LawResult, service: str, injected: set[str]) -> None:
    for kind, what in (("commands", "a message is waiting"), ("dead", "a message was dead-lettered")):
        key = system.key(kind, service)
        result.count("streams", 1)
        for id, fields in system.redis.xrange(key, count=1000):
            if fields.get("id") in injected:
                result.explain("the harness added the message")
                continue
            evidence = {name: fields[name] for name in ("type", "v", "at", "error", "failures", "history", "origin")
                        if name in fields}  # fmt: skip
            result.add_violation([fields.get("id", "-"), f"{key}:{id}"], f"{what} in {key}", **evidence)


def _check_deferred(system: System, result: LawResult, service: str, injected: set[str]) -> None:
    key = system.key("later", service)
    result.count("sets of deferred messages", 1)
    explained = 0
    for member, due in system.redis.zrange(key, 0, 999, withscores=True):
        fields = _fields(member)
        if fields.get("id") in injected:
            result.explain("the harness added the message")
            explained += 1
            continue
        if _waits_for_lost(system, member):
            result.explain("a failover lost the account, order or listing that a command waits for")
            continue
        evidence = {name: fields[name] for name in ("type", "v", "at", "history", "origin") if name in fields}
        result.add_violation([fields.get("id", "-"), key], f"a message is deferred in {key}", due=due, **evidence)
    for source in system.services.follows[service]:
        marks = system.redis.zrange(f"{key}:from:{source}", 0, 999)
        if len(marks) > explained:
            result.add_violation([f"{key}:from:{source}", *marks], "deferral marks hold back a low-water mark")


def _waits_for_lost(system: System, member: str) -> bool:
    """True if the message waits for a copy of a lost subject. Its service defers such a command for up to ten minutes
    if nobody waits for its reply."""
    return " is behind" in member and not system.lost.subjects.isdisjoint(UUID.findall(member))


def _fields(member: str) -> dict[str, Any]:
    try:
        words = json.loads(member)
        return dict(zip(words[0::2], words[1::2], strict=True))
    except (ValueError, TypeError):
        return {"type": member[:200]}


def _check_group(system: System, result: LawResult, key: str, group: str, *, must_exist: bool) -> None:
    if not system.redis.exists(key):
        return
    result.count("groups", 1)
    groups = {info["name"]: info for info in system.redis.xinfo_groups(key)}
    if group not in groups:
        if must_exist:
            result.add_violation(f"{key} {group}", "a consumer group is missing")
        return
    if groups[group]["pending"]:
        pending = system.redis.xpending_range(key, group, "-", "+", 20)
        result.add_violation([f"{key} {group}", *(entry["message_id"] for entry in pending)], "entries are pending",
                             count=groups[group]["pending"], pending=pending)  # fmt: skip
    unread = system.redis.xrange(key, f"({groups[group]['last-delivered-id']}", "+", count=20)
    if unread:
        result.add_violation([f"{key} {group}", *(id for id, _ in unread)], "entries were never delivered")
