"""The week on one sheet of paper."""

from __future__ import annotations

from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from tickets.reports import words
from tickets.reports.figures import Week

INK, QUIET, LINE = "#1f2933", "#5b6470", "#e4e9ee"
LEFT, WIDTH = 18.0, 174.0  # millimetres
CARD_HEIGHT, CARD_GAP = 25.0, 6.0
CHART_HEIGHT = 46.0


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def written(text: str) -> str:
    """What the fonts of every PDF reader can show (Windows-1252): other letters become «?»."""
    plain = text.replace("\u202f", "\u00a0").replace("−", "-")
    return plain.encode("cp1252", errors="replace").decode("cp1252")


class Sheet(FPDF):
    """One page in the product's colours."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.core_fonts_encoding = "windows-1252"
        self.c_margin = 0
        self.set_margins(LEFT, 16, LEFT)
        self.set_auto_page_break(False)
        self.add_page()

    def text_at(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        colour: str = INK,
        bold: bool = False,
        width: float = WIDTH,
        align: Align = Align.L,
    ) -> None:
        """A line, shortened where it is wider than `width`."""
        self.set_font("helvetica", style="B" if bold else "", size=size)
        self.set_text_color(*rgb(colour))
        line = written(text)
        while self.get_string_width(line) > width and len(line) > 1:
            line = line.rstrip("…")[:-1] + "…"
        self.set_xy(x, y)
        self.cell(width, size * 0.45, line, align=align, new_x=XPos.RIGHT, new_y=YPos.TOP)

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self.set_fill_color(*rgb(colour))
        self.rect(x, y, width, height, style="F")


def draw(week: Week) -> bytes:
    """The report as a PDF, in the language that is active."""
    sheet = Sheet()
    sheet.set_title(written(f"{week.tenant} – {words.title(week)}"))
    sheet.set_lang(week.tenant.language)
    sheet.text_at(LEFT, 18, week.tenant.name, size=11, colour=words.GOOD, bold=True)
    sheet.text_at(LEFT, 25, words.title(week), size=20, bold=True)
    sheet.text_at(LEFT, 36, words.headline(week), size=11, colour=QUIET)
    y = _cards(sheet, week, 48.0)
    y = _days(sheet, week, y + 6)
    y = _problems(sheet, week, y + 8)
    for notice in words.notices(week):
        sheet.text_at(LEFT, y, f"•  {notice}", size=10)
        y += 6.5
    sheet.text_at(
        LEFT,
        282,
        _("Savings: what people would have cost for the resolved calls, less what vendors cost for all calls."),
        size=8,
        colour=QUIET,
    )
    return bytes(sheet.output())


def _cards(sheet: Sheet, week: Week, top: float) -> float:
    width = (WIDTH - 2 * CARD_GAP) / 3
    cards = words.cards(week)
    for index, card in enumerate(cards):
        x, y = LEFT + (index % 3) * (width + CARD_GAP), top + (index // 3) * (CARD_HEIGHT + CARD_GAP)
        sheet.set_draw_color(*rgb(LINE))
        sheet.rect(x, y, width, CARD_HEIGHT, round_corners=True, corner_radius=2)
        sheet.text_at(x + 4, y + 4, card.title, size=9, colour=QUIET, width=width - 8)
        sheet.text_at(x + 4, y + 10, card.value, size=17, bold=True, width=width - 8)
        sheet.text_at(x + 4, y + 19, card.change, size=8, colour=card.colour, width=width - 8)
    return top + 2 * CARD_HEIGHT + CARD_GAP


def _heading(sheet: Sheet, text: str, y: float) -> float:
    sheet.text_at(LEFT, y, text, size=12, bold=True)
    return y + 9


def _days(sheet: Sheet, week: Week, y: float) -> float:
    y = _heading(sheet, _("Calls by day"), y + 2)
    base, step = y + CHART_HEIGHT, WIDTH / 7
    for index, bar in enumerate(words.days(week)):
        x, foot = LEFT + index * step + step * 0.22, base
        for share, colour in bar.parts:
            height = (CHART_HEIGHT - 6) * share / 100
            foot -= height
            sheet.box(x, foot, step * 0.56, height, colour)
        sheet.text_at(LEFT + index * step, foot - 5, bar.value, size=9, bold=True, width=step, align=Align.C)
        sheet.text_at(LEFT + index * step, base + 2, bar.label, size=9, colour=QUIET, width=step, align=Align.C)
    sheet.set_draw_color(*rgb(LINE))
    sheet.line(LEFT, base, LEFT + WIDTH, base)
    for offset, colour, text in ((0, words.RESOLVED, _("resolved by the bot")), (50, words.OTHERS, _("others"))):
        sheet.box(LEFT + offset, base + 10, 3, 3, colour)
        sheet.text_at(LEFT + offset + 5, base + 9.7, text, size=9, colour=QUIET, width=44)
    return base + 14


def _problems(sheet: Sheet, week: Week, y: float) -> float:
    rows = words.problems(week)
    if not rows:
        return y
    y = _heading(sheet, _("What callers asked about"), y)
    for bar in rows:
        sheet.text_at(LEFT, y, bar.label, size=10, width=60)
        sheet.box(LEFT + 64, y + 0.4, max(0.6, 92 * bar.parts[0][0] / 100), 4, bar.parts[0][1])
        sheet.text_at(LEFT + 160, y, bar.value, size=10, bold=True, width=14, align=Align.R)
        y += 7
    return y + 4
