"""What a page on a study says."""

from __future__ import annotations

from collections.abc import Iterator

from sim.kpi.waits import binding, verdict
from sim.report.about import about
from sim.report.bottleneck import story
from sim.report.effects import deciding, effects_parts
from sim.report.factors import kpi_picture
from sim.report.facts import StudyFacts
from sim.report.frontier import trade_off
from sim.report.gains import gains_parts
from sim.report.gantt import gantt
from sim.report.numbers import change_cell, interval_cell, many, sentence, short
from sim.report.page import Card, Cell, Column, Page, PageTable, Picture, Row, Section
from sim.report.usage import months_heat_map, over_time, variants_heat_map
from sim.report.waits import kept_picture, waits_table

_MOST_ROWS = 80
_MOST_COLUMNS = 24
_MOST_VERDICTS = 40
_MOST_STORIES = 24


def study_page(facts: StudyFacts) -> Page:
    """The page of a study, finished or not."""
    study = facts.findings.plan.study
    count = len(facts.names)
    subtitle = f"{study.name}: {many(count, 'variant')} x {many(facts.replications, 'replication')}"
    if not facts.finished:
        subtitle += f", not finished, {facts.wanted} replications are wanted"
    if facts.failed:
        subtitle += f", {len(facts.failed)} failed"
    sections = [
        section
        for section in (
            _means(facts), _pays(facts), _trade(facts), _waits(facts), _usage(facts),
            _bottleneck(facts), _others(facts), _gantt(facts), _everything(facts),
            _failures(facts),
        )
        if section is not None
    ]  # fmt: skip
    cards_of = facts.names[facts.focus[-1]]
    against = " against the base on the same luck" if len(facts.focus) > 1 else ""
    return Page(
        "study", study.name, study.question or study.name, subtitle, facts.findings.answer,
        list(_cards(facts)), f"{cards_of}{against}", sections, list(about(facts)),
    )  # fmt: skip


def _cards(facts: StudyFacts) -> Iterator[Card]:
    variant = facts.focus[-1]
    for kpi in facts.findings.shown[:6]:
        written = facts.scale(kpi)
        mean = facts.findings.means(kpi)[variant]
        change, style = "", ""
        if variant:
            gap = facts.findings.differences(kpi)[variant]
            cell = change_cell(written, gap, facts.kpi(kpi).better)
            change, style = cell.text, cell.style
        yield Card(short(kpi), written.mean(mean), written.unit, change, style)


def _means(facts: StudyFacts) -> Section:
    parts: list[Picture | PageTable] = []
    picture = kpi_picture(facts)
    if picture is not None:
        parts.append(picture)
    parts.append(_means_table(facts))
    if len(facts.names) > 1:
        parts.append(_differences_table(facts))
    return Section("kpis", "Key figures by factor", (), parts)


def _means_table(facts: StudyFacts) -> PageTable:
    findings = facts.findings
    kpis = list(findings.shown)
    confidence = 100 * findings.plan.study.confidence
    rows = [
        Row(
            (
                Cell(name),
                *(interval_cell(facts.scale(kpi), findings.means(kpi)[v]) for kpi in kpis),
            ),
            _style(facts, v),
        )
        for v, name in enumerate(facts.names[:_MOST_ROWS])
    ]
    columns = [Column("variant", "variant", numbers=False), *_kpi_columns(facts, kpis)]
    return PageTable(
        f"Means with {confidence:g} % intervals (± half width)", columns, rows, _more(facts)
    )


def _differences_table(facts: StudyFacts) -> PageTable:
    findings = facts.findings
    kpis = list(findings.shown)
    rows = [
        Row(
            (
                Cell(name),
                *(
                    change_cell(
                        facts.scale(kpi), findings.differences(kpi)[v], facts.kpi(kpi).better
                    )
                    for kpi in kpis
                ),
            ),
            _style(facts, v),
        )
        for v, name in enumerate(facts.names[:_MOST_ROWS])
        if v
    ]
    columns = [Column("variant", "variant", numbers=False), *_kpi_columns(facts, kpis)]
    note = (
        "Replication by replication, so the luck that both met drops out. * told apart from the"
        " base, all differences of a column together (Bonferroni)."
    )
    note = f"{note} {_more(facts)}".strip()
    return PageTable("Minus the base, on the same luck", columns, rows, note)


def _kpi_columns(facts: StudyFacts, kpis: list[str]) -> list[Column]:
    return [Column(kpi, short(kpi), facts.scale(kpi).unit) for kpi in kpis]


def _style(facts: StudyFacts, variant: int) -> str:
    if variant == facts.findings.best:
        return "chosen"
    return "base" if variant == 0 else ""


def _more(facts: StudyFacts) -> str:
    more = len(facts.names) - _MOST_ROWS
    return f"{more} more variants are in summary.csv." if more > 0 else ""


def _pays(facts: StudyFacts) -> Section | None:
    kpi = deciding(facts)
    parts: list[Picture | PageTable] = [*gains_parts(facts)]
    says: tuple[str, ...] = ()
    if kpi is not None and facts.findings.plan.study.factors and not facts.findings.varies(kpi):
        says = (f"{sentence(short(kpi))}: nothing varies between variants.",)
    else:
        parts += effects_parts(facts)
    return Section("pays", "What pays, and what matters", says, parts) if parts or says else None


def _trade(facts: StudyFacts) -> Section | None:
    picture = trade_off(facts)
    return Section("tradeoff", "Trade-off", (), [picture]) if picture else None


def _waits(facts: StudyFacts) -> Section:
    parts: list[Picture | PageTable] = [kept_picture(facts)]
    for variant in facts.focus:
        measures = facts.measures(variant)
        if measures is not None:
            caption = f"All waits of {facts.names[variant]}, first replication"
            parts.append(waits_table(measures, facts.window(measures), caption))
    return Section("waits", "Where batches wait", (), parts)


def _usage(facts: StudyFacts) -> Section:
    parts: list[Picture | PageTable] = [
        picture for picture in (over_time(facts), variants_heat_map(facts)) if picture
    ]
    use = facts.use
    for variant in facts.focus:
        if len(use.months):
            title = f"with {facts.names[variant]}" if variant else "in the base"
            end = int(use.months[-1]) + 31
            shares = use.shares[variant]
            name = f"usage{variant}"
            parts.append(months_heat_map(name, title, use.pools, use.months, shares, end))
    return Section("usage", "How full everything is", (), parts)


def _bottleneck(facts: StudyFacts) -> Section | None:
    rows = []
    parts: list[Picture | PageTable] = []
    says: list[str] = []
    shown = sorted({*range(min(len(facts.names), _MOST_VERDICTS)), *facts.focus})
    for variant in shown:
        measures = facts.measures(variant)
        if measures is None:
            continue
        window = facts.window(measures)
        told = verdict(binding(measures, window))
        cells = (Cell(facts.names[variant]), Cell(told))
        rows.append(Row(cells, _style(facts, variant)))
        if variant in facts.focus:
            sentences, tables = story(measures, window, facts.names[variant])
            says += [f"{facts.names[variant]}: {text}" for text in sentences]
            parts += tables
    if not rows:
        return None
    columns = (
        Column("variant", "variant", numbers=False),
        Column("binds", "what binds it", numbers=False),
    )
    note = "" if len(shown) == len(facts.names) else "The others are in manifest.json."
    table = PageTable("What binds the throughput, first replication of each", columns, rows, note)
    return Section("bottleneck", "What binds, and why harvests are late", says, [table, *parts])


def _others(facts: StudyFacts) -> Section | None:
    """The same, shorter, of every variant that is not looked at closely."""
    says: list[str] = []
    parts: list[Picture | PageTable] = []
    for variant in range(min(len(facts.names), _MOST_STORIES)):
        measures = None if variant in facts.focus else facts.measures(variant)
        if measures is None:
            continue
        name = facts.names[variant]
        sentences, tables = story(measures, facts.window(measures), name, brief=True)
        says += [f"{name}: {text}" for text in sentences]
        parts += tables
    if not parts:
        return None
    return Section("others", "The bottlenecks of every other variant", says, parts, folded=True)


def _gantt(facts: StudyFacts) -> Section | None:
    """The charts of the chosen variant (of the base, if none was chosen)."""
    variant = facts.focus[-1]
    measures = facts.measures(variant)
    if measures is None:
        return None
    whose = f"{facts.names[variant]}, first replication"
    parts = [
        gantt(f"gantt{place}", whose, measures, place) for place in range(len(measures.geographies))
    ]
    told = f"{sentence(whose)}. Point at a bar to see whose it is."
    return Section("gantt", "Rings and halls", (told,), parts)


def _everything(facts: StudyFacts) -> Section:
    """All key figures of all variants (of the first ones, if there are many)."""
    findings = facts.findings
    shown = sorted({*range(min(len(facts.names), _MOST_COLUMNS)), *facts.focus})
    columns = [
        Column("kpi", "key figure", numbers=False),
        Column("unit", "unit", numbers=False),
        *(Column(facts.names[v], facts.names[v]) for v in shown),
        Column("says", "what it says", numbers=False),
    ]
    groups: dict[str, list[Row]] = {}
    for name, kpi in findings.kpis.items():
        written, means = facts.scale(name), findings.means(name)
        cells = [interval_cell(written, means[v]) for v in shown]
        row = Row((Cell(name), Cell(written.unit), *cells, Cell(kpi.text)))
        groups.setdefault(kpi.group, []).append(row)
    rows = []
    for group, own in groups.items():
        empty = [Cell("") for _ in columns[1:]]
        rows += [Row((Cell(group), *empty), "group"), *own]
    left = len(facts.names) - len(shown)
    note = f"{left} more variants are in summary.csv." if left else ""
    return Section(
        "all", "All key figures", (), [PageTable("Means ± half widths", columns, rows, note)],
        folded=True,
    )  # fmt: skip


def _failures(facts: StudyFacts) -> Section | None:
    if not facts.failed:
        return None
    columns = (
        Column("variant", "variant", numbers=False),
        Column("replication", "replication"),
        Column("error", "error", numbers=False),
    )
    rows = [
        Row((Cell(facts.names[v]), Cell(str(number), number), Cell(error)))
        for v, number, error in facts.failed
    ]
    told = "They are left out of all figures; --resume tries them again."
    return Section(
        "failed", "Replications that failed", (told,), [PageTable("Errors", columns, rows)]
    )
