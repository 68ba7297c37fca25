"""Messages to show on a terminal."""

from datetime import UTC, datetime, timedelta

from bot.messages.model import Action, Chart, Field, Message, Table, Tone, bold, code, line, lines, moment

NOW = datetime(2022, 12, 13, 14, 17, tzinfo=UTC)

INCIDENT = Message(
    title="INC-1 · Binance · elevated outflow",
    tone=Tone.ELEVATED,
    lines=lines(
        line("Net outflow ", bold("−$2.3 B"), " in 24 h"),
        line("USDC closed since ", moment(NOW - timedelta(hours=6))),
    ),
    footer=line("DefiLlama · as of ", moment(NOW - timedelta(minutes=12), relative=True)),
    actions=(Action("Why", "why INC-1"), Action("Flows", "flows binance")),
)

RESERVES = Message(
    title="Binance · reserves",
    lines=lines(line("Ask with ", code("/flows binance"))),
    fields=(
        Field("Own token", line("9.9 % (BNB)")),
        Field("Stablecoins", line("52.8 %")),
        Field("Chains", line("12")),
        Field("Net flow", line("−$2.30 B")),
        Field("Opened", line(moment(NOW - timedelta(days=2))), inline=False),
    ),
    chart=Chart(
        title="Clean reserves",
        unit="usd",
        times=tuple(NOW - timedelta(days=3 - day) for day in range(3)),
        values=(58e9, 57e9, 55e9),
    ),
    table=Table(("Asset", "Value"), (("BUSD", "$17.8 B"), ("BNB (own)", "$6.45 B")), numeric=(1,)),
)
