"""The order of warnings, and where their evidence stands."""

import json

from xray_resnet.evaluation.result import Caveat, Concern, Rank, Result, Section, list_warnings, make_anchor


def make(rank: Rank, concern: Concern, name: str = "a") -> Caveat:
    return Caveat(rank, name, "A matter.", concern)


def test_the_gravest_come_first_and_of_equal_rank_what_concerns_more() -> None:
    """Leaks before calibration, before groups and other archives, before few patients, before the scope."""
    concerns = [Concern.LEAK, Concern.CALIBRATION, Concern.TRANSFER, Concern.SAMPLE, Concern.SCOPE]
    caveats = [make(rank, concern) for rank in (Rank.SERIOUS, Rank.CAUTION, Rank.NOTE) for concern in concerns]
    found = list_warnings({"data": Result(warnings=caveats[::2]), "model": Result(warnings=caveats[::-1][::2])})
    places = [caveats.index(make(each.rank, each.concern)) for each in found]
    assert places == sorted(places) and len(places) == 16


def test_evidence_is_in_the_own_section_unless_it_is_said() -> None:
    results = {
        "data": Result(section=Section("Data"), warnings=[make(Rank.NOTE, Concern.SCOPE)]),
        "baseline": Result(warnings=[Caveat(Rank.NOTE, "b", "B.", anchor="data-rows"), make(Rank.NOTE, Concern.SCOPE)]),
        "model": Result(warnings=[Caveat(Rank.NOTE, "c", "C.", anchor="findings")]),
    }
    assert {each.name + each.anchor for each in list_warnings(results)} == {"adata", "bdata-rows", "a", "c"}


def test_programs_read_rank_concern_and_anchor() -> None:
    anchor = make_anchor("subgroups", "Body Part")
    caveat = Caveat(Rank.CAUTION, "worse", "Worse.", Concern.TRANSFER, anchor, "do better")
    assert json.loads(json.dumps(caveat.to_json())) == {
        "rank": "caution", "name": "worse", "concern": "transfer", "text": "Worse.", "anchor": "subgroups-body_part",
        "remedy": "do better",
    }  # fmt: skip
    assert make(Rank.NOTE, Concern.SCOPE).to_json()["anchor"] is None
    assert make(Rank.NOTE, Concern.SCOPE).to_json()["remedy"] is None
