"""Accesses, and the policy that SROS2 reads."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from fmac_ros.security.access import Access, differences
from fmac_ros.security.policy import ELEMENTS, from_xml, to_xml

POLICY = Access.of(
    publish=["/c/joint_trajectory", "/rollout/_action/feedback", "/rollout/_action/status"],
    subscribe=["/observation"],
    reply=["/p/set_parameters", "/rollout/_action/send_goal", "/rollout/_action/get_result"],
    request=["/detect_success", "/generate_video/_action/send_goal"],
)
NODES = {"/p": POLICY, "/arm/s": Access(publish=frozenset({"/arm/observation"}))}


def test_an_action_is_one_thing() -> None:
    assert POLICY.publish == {"/c/joint_trajectory"}
    assert POLICY.reply == {"/p/set_parameters"} and POLICY.request == {"/detect_success"}
    assert (POLICY.execute, POLICY.call) == ({"/rollout"}, {"/generate_video"})


def test_a_policy_reads_back() -> None:
    assert from_xml(to_xml(NODES)) == NODES


def test_a_policy_has_the_form_that_sros2_reads() -> None:
    root = ET.fromstring(to_xml(NODES, "/cell"))
    assert (root.tag, root.attrib, [child.tag for child in root]) == (
        *("policy", {"version": "0.2.0"}, ["enclaves"]),
    )
    enclaves = root.findall("enclaves/enclave")
    assert [enclave.get("path") for enclave in enclaves] == ["/cell/s", "/cell/p"]
    for profile in root.iter("profile"):
        assert set(profile.attrib) == {"ns", "node"} and len(profile)
        for rule in profile:
            ((kind, qualifier),) = rule.attrib.items()
            many, one = ELEMENTS[kind]
            assert (rule.tag, qualifier) == (many, "ALLOW")
            assert len(rule) and all(item.tag == one for item in rule)


def test_a_policy_that_does_not_fit_says_where() -> None:
    less = {"/p": Access.of(["/c/joint_trajectory"], [], [], ["/more"])}
    told = differences(less, NODES)
    assert told[0] == "/arm/s runs and has no enclave"
    assert "/p may not subscribe /observation" in told
    assert "/p may not execute /rollout" in told
    assert "/p need not request /more" in told
    assert differences(NODES, NODES) == []


@pytest.mark.parametrize("text", ["", "<policy version='0.1.0'/>", "<dds/>"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not XML|version 0\.2\.0"):
        from_xml(text)
