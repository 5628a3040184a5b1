"""The universe is keyed on ISIN and dates, and every name in it leads somewhere."""

from __future__ import annotations

import datetime as dt

import pytest
import yaml

from research.params import Universe
from research.params.base import isin_check_digit


@pytest.fixture(scope="module")
def universe(root) -> Universe:
    data = yaml.safe_load((root / "params" / "universe.yaml").read_text(encoding="utf-8"))
    return Universe.model_validate(data)


# ── refusals ────────────────────────────────────────────────────────────────


def test_an_isin_with_a_wrong_check_digit_is_refused(desk):
    line = desk.edit("universe.yaml", "isin: US6516391066", "isin: US6516391067")
    fault = desk.fault()
    assert (fault.line, fault.key) == (line, "instruments.newmont.isin")
    assert fault.problem == (
        'found "US6516391067", expected an ISIN whose check digit holds '
        "(the last digit would be 6)."
    )


def test_an_isin_of_another_shape_is_refused(desk):
    desk.edit("universe.yaml", "isin: US6516391066", "isin: NEM")
    assert desk.fault().problem == (
        'found "NEM", expected an ISIN: two letters, nine letters or digits, one check digit.'
    )


def test_an_isin_used_twice_is_refused(desk):
    desk.edit("universe.yaml", "isin: US6516391066", "isin: US4227041062")
    assert desk.fault().problem == '"US4227041062" is also the ISIN of `newmont`.'


def test_an_id_used_twice_is_refused(desk):
    first = desk.edit("universe.yaml", "- id: hecla", "- id:  hecla")
    line = desk.edit("universe.yaml", "- id: coeur", "- id: hecla")
    fault = desk.faults()[0]  # and that of the live source, which feeds the other
    assert (fault.line, fault.key) == (line, "instruments.hecla.id")
    assert str(fault).endswith(
        f'"hecla" is taken; the first is on line {first}. Ids are given once.'
    )


def test_a_part_played_by_nobody_is_refused_with_a_suggestion(desk):
    line = desk.edit("universe.yaml", "  benchmark: acwi", "  benchmark: acwii")
    assert str(desk.fault()) == (
        f'params/universe.yaml, line {line}: roles.benchmark: "acwii" is not an instrument. '
        "Did you mean `acwi`?"
    )


@pytest.mark.parametrize("name", ["iron-or", "iron-ore-cfr"])
def test_an_instrument_stands_in_for_another_one_that_exists(desk, name):
    desk.edit("universe.yaml", "stands_in_for: iron-ore", f"stands_in_for: {name}")
    assert str(desk.fault()).endswith(
        f'stands_in_for: "{name}" is not another instrument. Did you mean `iron-ore`?'
    )


def test_a_basket_with_something_else_than_metals_is_refused(desk):
    desk.edit("universe.yaml", "basket: [gold, silver,", "basket: [gold, gld, silver, gold,")
    assert [str(fault).partition(": ")[2] for fault in desk.faults()] == [
        'basket[1]: "gld" is not a metal. Did you mean `gold`?',
        'basket[3]: "gold" is in the basket twice. Take one away.',
    ]


def test_a_sub_group_that_sells_something_else_than_metals_is_refused(desk):
    desk.edit("universe.yaml", "metals: [platinum, palladium]", "metals: [platinum, paladium]")
    fault = desk.fault()
    assert fault.key == "sub_groups.pgm.metals[1]"
    assert str(fault).endswith('"paladium" is not a metal. Did you mean `palladium`?')


def test_an_unknown_sub_group_is_refused_with_a_suggestion(desk):
    desk.edit(
        "universe.yaml",
        "isin: CA4436281022\n    sub_group: copper",
        "isin: CA4436281022\n    sub_group: coper",
    )
    fault = desk.fault()
    assert fault.key == "instruments.hudbay.sub_group"
    assert str(fault).endswith('"coper" is not a sub-group. Did you mean `copper`?')


def test_a_company_without_what_a_company_needs_is_refused(desk):
    desk.edit("universe.yaml", "    isin: US6516391066\n", "")
    fault = desk.fault()
    assert (fault.key, fault.problem) == (
        "instruments.newmont.isin",
        "is missing; every company needs it.",
    )


def test_an_instrument_with_neither_listing_nor_unit_is_refused(desk):
    desk.edit(
        "universe.yaml", "label: Zinc,      kind: metal, unit: USD/t", "label: Zinc, kind: metal"
    )
    assert str(desk.fault()).endswith(
        "instruments.zinc.unit: is missing; an instrument without listings needs a unit. "
        "Such as USD/oz, index or %."
    )


def test_an_empty_unit_is_refused(desk):
    desk.edit(
        "universe.yaml",
        "ticker: FRES, exchange: XLON, unit: GBp",
        'ticker: FRES, exchange: XLON, unit: ""',
    )
    fault = desk.fault()
    assert fault.key == "instruments.fresnillo.listings[0].unit"
    assert fault.problem == "found an empty text, expected text that is not empty."


@pytest.mark.parametrize(
    ("unit", "meant"),
    [("USDX", "USD"), ("usd", "USD"), ("$", "USD"), ("pence", "GBp"), ("GBPp", "GBp")],
)
def test_a_listing_in_no_currency_is_refused_with_line_and_suggestion(desk, unit, meant):
    line = desk.edit(
        "universe.yaml",
        "ticker: FRES, exchange: XLON, unit: GBp",
        f"ticker: FRES, exchange: XLON, unit: {unit}",
    )
    assert str(desk.fault()) == (
        f"params/universe.yaml, line {line}: instruments.fresnillo.listings[0].unit: found "
        f'"{unit}", expected a currency such as USD, or the hundredth of one: GBp, GBX, ZAc, ILA, '
        f"USc. Did you mean `{meant}`?"
    )


def test_a_share_is_not_quoted_by_weight(desk):
    desk.edit(
        "universe.yaml",
        "ticker: FRES, exchange: XLON, unit: GBp",
        "ticker: FRES, exchange: XLON, unit: USD/oz",
    )
    assert desk.fault().problem.startswith('found "USD/oz", expected a currency such as USD')


@pytest.mark.parametrize(
    ("unit", "hint"),
    [("USD/tonne", "Did you mean `USD/t`?"), ("XQQ/t", ""), ("florins", ""), ("USD/T", "USD/t")],
)
def test_an_instrument_in_no_unit_is_refused_with_line_and_suggestion(desk, unit, hint):
    line = desk.edit(
        "universe.yaml",
        "label: Zinc,      kind: metal, unit: USD/t",
        f"label: Zinc, kind: metal, unit: {unit}",
    )
    fault = desk.fault()
    assert (fault.line, fault.key) == (line, "instruments.zinc.unit")
    assert fault.problem.startswith(f'found "{unit}", expected ')
    assert hint in fault.hint


@pytest.mark.parametrize(("code", "meant"), [("GBp", "GBP"), ("US", "USD"), ("cad", "CAD")])
def test_accounts_in_no_currency_are_refused_with_a_suggestion(desk, code, meant):
    desk.edit("universe.yaml", "reporting_currency: CAD", f"reporting_currency: {code}")
    assert str(desk.fault()).endswith(
        f'reporting_currency: found "{code}", expected the code of a currency, such as USD. '
        f"Did you mean `{meant}`?"
    )


@pytest.mark.parametrize(("mark", "count"), [("", 0), (", primary: true", 2)])
def test_a_company_has_exactly_one_primary_listing(desk, mark, count):
    desk.edit(
        "universe.yaml",
        "{ ticker: K, exchange: XTSE, unit: CAD, primary: true }\n"
        "      - { ticker: KGC, exchange: XNYS, unit: USD }",
        f"{{ ticker: K, exchange: XTSE, unit: CAD{mark} }}\n"
        f"      - {{ ticker: KGC, exchange: XNYS, unit: USD{mark} }}",
    )
    assert desk.fault().problem == (
        f"found {count} listings with `primary: true`, expected exactly one."
    )


def test_a_ticker_that_means_two_companies_on_one_day_is_refused(desk):
    line = desk.edit("universe.yaml", "ticker: NEM, exchange: XNYS", "ticker: GOLD, exchange: XNYS")
    faults = desk.faults()
    assert all("GOLD on XNYS overlaps with its listing under" in one.problem for one in faults)
    assert {one.key.split(".")[1] for one in faults} == {"barrick"}
    assert line not in {one.line for one in faults}
    assert faults[0].hint.startswith("A ticker means one instrument at a time")


def test_a_ticker_may_pass_to_another_company_the_day_after(desk):
    desk.edit(
        "universe.yaml",
        "ticker: HL, exchange: XNYS, unit: USD,",
        "ticker: GOLD, exchange: XNYS, unit: USD, valid_from: 2025-05-09,",
    )
    assert desk.load().universe["hecla"].primary.ticker == "GOLD"


def test_a_ticker_that_passes_a_day_too_early_is_refused(desk):
    desk.edit(
        "universe.yaml",
        "ticker: HL, exchange: XNYS, unit: USD,",
        "ticker: GOLD, exchange: XNYS, unit: USD, valid_from: 2025-05-08,",
    )
    assert desk.fault().problem == "GOLD on XNYS overlaps with its listing under `barrick`."


def test_a_listing_that_ends_before_it_begins_is_refused(desk):
    desk.edit(
        "universe.yaml", "valid_from: 2019-01-02, valid_to", "valid_from: 2025-05-10, valid_to"
    )
    faults = desk.faults()
    assert faults[0].key == "instruments.barrick.listings[2].valid_to"
    assert faults[0].problem == "found 2025-05-08, which lies before `valid_from`, 2025-05-10."


def test_a_deal_window_that_ends_before_it_begins_is_refused(desk):
    desk.edit(
        "universe.yaml",
        "last: 2026-02-05, reason: talks with Glencore",
        "last: 2026-01-05, reason: talks with Glencore",
    )
    assert desk.fault().key == "instruments.rio-tinto.deal_windows[0].last"


def test_a_company_that_contradicts_its_group_about_precious_metals_is_refused(desk):
    desk.edit(
        "universe.yaml",
        "isin: CA4436281022\n    sub_group: copper",
        "isin: CA4436281022\n    precious: true\n    sub_group: copper",
    )
    assert str(desk.fault()).endswith(
        'found true, but its sub-group "copper" says false. Make them agree.'
    )


def test_an_impossible_fiscal_year_end_is_refused(desk):
    head = "name: Newmont Corporation\n    label: Newmont\n"
    desk.edit("universe.yaml", head, f"{head}    fiscal_year_end: 02-30\n")
    path = desk.folder / "params" / "universe.yaml"
    before, after = path.read_text(encoding="utf-8").split("fiscal_year_end: 02-30\n")
    after = after.replace("    fiscal_year_end: 12-31\n", "", 1)
    path.write_text(f"{before}fiscal_year_end: 02-30\n{after}", encoding="utf-8")
    assert desk.fault().problem == (
        'found "02-30", expected a day of the year as month-day, such as 06-30.'
    )


# ── what is in it ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("isin", ["US0378331005", "AU0000XVGZA3", "GB0002634946"])
def test_the_check_digit_is_that_of_published_isins(isin):
    assert isin_check_digit(isin[:11]) == int(isin[11])


def test_every_isin_holds_by_a_second_derivation(universe):
    isins = [one.isin for one in universe.instruments if one.isin]
    isins += [line.isin for one in universe.instruments for line in one.listings if line.isin]
    assert len(isins) == len(set(isins)) > 40
    for isin in isins:
        digits = [int(digit) for letter in isin for digit in str(int(letter, 36))]
        rest = sum(digits[-1::-2]) + sum(sum(divmod(2 * one, 10)) for one in digits[-2::-2])
        assert rest % 10 == 0, isin


def test_barrick_changes_its_ticker_and_gold_is_not_ours_afterwards(universe):
    meant = {
        day: [
            (one.id, line.ticker)
            for one in universe.instruments
            for line in one.listings
            if line.exchange == "XNYS"
            and line.ticker in ("GOLD", "B")
            and (line.valid_from or day) <= day <= (line.valid_to or day)
        ]
        for day in (dt.date(2025, 5, 8), dt.date(2025, 5, 9), dt.date(2026, 1, 30))
    }
    assert list(meant.values()) == [[("barrick", "GOLD")], [("barrick", "B")], [("barrick", "B")]]


def test_pick_always_says_what_it_leaves_out(universe):
    pick = universe.role("diversified")
    assert pick.label == "PICK (ex gold & silver)"
    assert "PICK (ex gold & silver)" in pick.name
    assert not pick.precious


@pytest.mark.parametrize(
    ("exchange", "unit"),
    [("XLON", "GBp"), ("XJSE", "ZAc"), ("XASX", "AUD"), ("XTSE", "CAD"), ("XNYS", "USD")],
)
def test_every_line_of_an_exchange_has_its_unit(universe, exchange, unit):
    lines = [line for one in universe.instruments for line in one.listings]
    found = {line.unit for line in lines if line.exchange == exchange}
    assert found == {unit}


@pytest.mark.parametrize(
    ("company", "ratio"),
    [
        ("bhp", 2), ("rio-tinto", 1), ("vale", 1), ("gold-fields", 1), ("harmony", 1),
        ("sibanye", 4), ("sqm", 1),
    ],
)  # fmt: skip
def test_receipts_stand_for_their_number_of_shares(universe, company, ratio):
    line = next(one for one in universe[company].listings if one.exchange == "XNYS")
    assert line.ordinary_per_share == ratio
    assert line.isin != universe[company].isin


def test_june_year_ends_are_those_of_four_companies(universe):
    june = [one.id for one in universe.companies() if one.fiscal_year_end == "06-30"]
    assert june == ["bhp", "harmony", "impala", "pilbara"]
    assert {one.fiscal_year_end for one in universe.companies()} == {"06-30", "12-31"}


def test_rio_tinto_has_both_lines_of_its_dual_listing(universe):
    assert {(line.exchange, line.isin) for line in universe["rio-tinto"].listings} >= {
        ("XLON", None),
        ("XASX", "AU000000RIO1"),
    }


def test_the_talks_of_january_2026_mark_both_companies(universe):
    marked = {
        one.id: [(window.first, window.last) for window in one.deal_windows]
        for one in universe.instruments
        if one.deal_windows
    }
    days = [(dt.date(2026, 1, 8), dt.date(2026, 2, 5))]
    assert marked == {"rio-tinto": days, "glencore": days}


def test_every_currency_of_a_price_or_report_has_its_pair(universe):
    pairs = {one.unit.removeprefix("USD per ") for one in universe.instruments if one.kind == "fx"}
    cents = {"GBp": "GBP", "ZAc": "ZAR"}
    used = {
        cents.get(unit, unit)
        for one in universe.companies()
        for unit in (one.reporting_currency, *(line.unit for line in one.listings))
    }
    assert used - {"USD"} <= pairs


def test_every_group_has_companies_and_the_basket_all_ten_metals(universe):
    for group in universe.sub_groups:
        assert len(universe.companies(group.id)) >= 2, group.id
    metals = [one.id for one in universe.instruments if one.kind == "metal"]
    assert [one for one in metals if one in universe.basket] == list(universe.basket)
    assert len(universe.basket) == 10


def test_labels_and_names_are_unique(universe):
    for names in (
        [one.label for one in universe.instruments],
        [one.name for one in universe.instruments],
    ):
        assert len(names) == len(set(names))


# ── second lines ────────────────────────────────────────────────────────────


def test_a_line_is_no_company_and_takes_no_ticker_from_one(universe):
    receipts = [one for one in universe.instruments if one.kind == "line"]
    assert {one.stands_in_for for one in receipts} >= {"bhp", "vale", "sibanye"}
    assert not {one.id for one in receipts} & {one.id for one in universe.companies()}


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        ("ordinary_per_share: 2, primary", "ordinary_per_share: 1, primary"),
        ("ticker: BHP, exchange: XNYS, unit: USD, ordinary_per_share: 2, p",
         "ticker: BHPX, exchange: XNYS, unit: USD, ordinary_per_share: 2, p"),
    ],
)  # fmt: skip
def test_a_line_repeats_a_listing_of_its_company(desk, found, wrong):
    line = desk.edit("universe.yaml", found, wrong)
    fault = desk.fault()
    assert (fault.line, fault.key) == (line, "instruments.bhp-receipt.listings[0]")
    assert fault.problem == (
        'is no listing of "bhp" with the same ticker, exchange, unit and ratio.'
    )
    assert fault.hint == "Repeat one of the company's listings."


def test_a_line_names_its_company(desk):
    desk.edit("universe.yaml", "line, stands_in_for: bhp,", "line, stands_in_for: pick,")
    assert str(desk.fault()).endswith(
        "is missing; a line is another listing of a company. Name the company's id."
    )


def test_a_line_has_a_listing(desk):
    desk.edit(
        "universe.yaml",
        "listings: [{ ticker: BHP, exchange: XNYS, unit: USD, ordinary_per_share: 2, "
        "primary: true }]",
        "unit: USD",
    )
    assert desk.fault().problem == "is missing; a line needs its listing."


# ── members by date ─────────────────────────────────────────────────────────


def test_a_member_that_leaves_before_it_came_is_refused(desk):
    desk.edit(
        "universe.yaml",
        "id: hecla\n",
        "id: hecla\n    member_from: 2025-01-02\n    member_to: 2024-01-02\n",
    )
    assert desk.fault().problem == "found 2024-01-02, which lies before `member_from`, 2025-01-02."


def test_only_companies_are_members(desk):
    desk.edit("universe.yaml", "{ id: zinc, ", "{ id: zinc, member_to: 2024-01-02, ")
    fault = desk.fault()
    assert fault.key == "instruments.zinc.member_to"
    assert fault.problem == "is told of companies only."


def test_no_company_of_the_note_has_dates(universe):
    assert not universe.dated
