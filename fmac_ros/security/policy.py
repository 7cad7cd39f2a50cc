"""A policy as SROS2 reads it: XML of version 0.2.0, one enclave a node."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace

from fmac_ros.security.access import Access

VERSION = "0.2.0"
ELEMENTS = {  # the list's element, and its items', by kind of use
    "publish": ("topics", "topic"),
    "subscribe": ("topics", "topic"),
    "reply": ("services", "service"),
    "request": ("services", "service"),
    "execute": ("actions", "action"),
    "call": ("actions", "action"),
}


def to_xml(nodes: Mapping[str, Access], enclave: str = "/fmac") -> str:
    """The policy that allows each node, by absolute name, what its access lists and no more."""
    root = ET.Element("policy", version=VERSION)
    enclaves = ET.SubElement(root, "enclaves")
    for fqn in sorted(nodes):
        namespace, _, name = fqn.rpartition("/")
        place = ET.SubElement(enclaves, "enclave", path=f"{enclave}/{name}")
        profiles = ET.SubElement(place, "profiles")
        profile = ET.SubElement(profiles, "profile", ns=namespace or "/", node=name)
        for kind, names in nodes[fqn].items():
            if not names:
                continue
            many, one = ELEMENTS[kind]
            rule = ET.SubElement(profile, many, {kind: "ALLOW"})
            for expression in sorted(names):
                ET.SubElement(rule, one).text = expression
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def from_xml(text: str) -> dict[str, Access]:
    """The accesses of a policy by the node's absolute name.

    Raises:
        ValueError: it is not a policy of this version.
    """
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise ValueError(f"not XML: {error}") from error
    if root.tag != "policy" or root.get("version") != VERSION:
        raise ValueError(f"not an SROS2 policy of version {VERSION}")
    found: dict[str, Access] = {}
    for profile in root.iter("profile"):
        fqn = f"{profile.get('ns', '/').rstrip('/')}/{profile.get('node')}"
        access = found.get(fqn, Access())
        for kind, (many, one) in ELEMENTS.items():
            rules = profile.findall(f"{many}[@{kind}='ALLOW']")
            names = {item.text or "" for rule in rules for item in rule.findall(one)}
            access = replace(access, **{kind: getattr(access, kind) | names})
        found[fqn] = access
    return found
