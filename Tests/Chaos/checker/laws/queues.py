"""Once all is quiet, nothing in Redis is pending, waiting, put off or given up on that is not explained.

No backlog of commands, nothing pending in any group, every group there and at its stream's end, nothing in `later` or
`dead`, no mark of a put-off event without the event. Explained: what the harness planted itself (a message of a payload
version that no build knows), by its id.
"""

import json
from typing import Any

from ..report import Finding
from ..world import FOLLOWS, STREAMS, World

NEEDS = ("redis",)


def judge(world: World, finding: Finding) -> None:
    planted = world.run.planted if world.run else set()
    for service in STREAMS:
        _entries(world, finding, service, planted)
        _later(world, finding, service, planted)
        _group(world, finding, world.key("commands", service), service, must_exist=False)
        for source in FOLLOWS[service]:
            _group(world, finding, world.key("events", source), service, must_exist=True)
    for key in world.redis.scan_iter(match=f"{world.prefix}:paused:*"):
        finding.notes.append(f"{key} is set: that pool reads nothing new")


def _entries(world: World, finding: Finding, service: str, planted: set[str]) -> None:
    for kind, what in (("commands", "a message waits"), ("dead", "a message was given up on")):
        key = world.key(kind, service)
        finding.look("streams", 1)
        for id, fields in world.redis.xrange(key, count=1000):
            if fields.get("id") in planted:
                finding.explain("planted by the harness")
                continue
            told = {name: fields[name] for name in ("type", "v", "at", "error", "failures", "history", "origin")
                    if name in fields}  # fmt: skip
            finding.violate([fields.get("id", "-"), f"{key}:{id}"], f"{what} in {key}", **told)


def _later(world: World, finding: Finding, service: str, planted: set[str]) -> None:
    key = world.key("later", service)
    finding.look("sets of what is put off", 1)
    left = 0
    for member, due in world.redis.zrange(key, 0, 999, withscores=True):
        fields = _fields(member)
        if fields.get("id") in planted:
            finding.explain("planted by the harness")
            left += 1
            continue
        told = {name: fields[name] for name in ("type", "v", "at", "history", "origin") if name in fields}
        finding.violate([fields.get("id", "-"), key], f"a message is put off in {key}", due=due, **told)
    for source in FOLLOWS[service]:
        marks = world.redis.zrange(f"{key}:from:{source}", 0, 999)
        if len(marks) > left:
            finding.violate([f"{key}:from:{source}", *marks], "marks of put-off events hold a low-water mark")


def _fields(member: str) -> dict[str, Any]:
    try:
        words = json.loads(member)
        return dict(zip(words[0::2], words[1::2], strict=True))
    except (ValueError, TypeError):
        return {"type": member[:200]}


def _group(world: World, finding: Finding, key: str, group: str, *, must_exist: bool) -> None:
    if not world.redis.exists(key):
        return
    finding.look("groups", 1)
    known = {one["name"]: one for one in world.redis.xinfo_groups(key)}
    if group not in known:
        if must_exist:
            finding.violate(f"{key} {group}", "a group is missing: nobody reads that stream for it")
        return
    if known[group]["pending"]:
        pending = world.redis.xpending_range(key, group, "-", "+", 20)
        finding.violate([f"{key} {group}", *(one["message_id"] for one in pending)], "entries are pending",
                        count=known[group]["pending"], pending=pending)  # fmt: skip
    unread = world.redis.xrange(key, f"({known[group]['last-delivered-id']}", "+", count=20)
    if unread:
        finding.violate([f"{key} {group}", *(id for id, _ in unread)], "entries were never delivered")
