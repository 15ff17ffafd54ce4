"""English: what models say of a channel and of themselves."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    # what one channel has from a model
    "markov.effect": "Removal effect {effect:.3f}: in the model's chain, if every step to {channel} "
    "ended the journey, {effect:.1%} of the conversions would be lost. Credit is all channels' removal "
    "effects, scaled to the attributed conversions.",
    "shapley.effect": "Shapley value {value:#}: what the channel adds to those before it, averaged over "
    "all orders of the channels.",
    "bagged_logistic.effect": "Coefficient {coefficient:.2f}: other channels alike, journeys with "
    "{channel} have {odds:.2f} times the odds of converting, in the regression. A conversion is divided "
    "among its journey's channels by their positive coefficients.",
    "probabilistic.effect": "Of all journeys that touched it {rate:.1%} converted. A conversion is "
    "divided among its journey's channels by such rates, corrected for what pairs of channels convert "
    "beyond what each does alone.",
    "additive_hazard.effect": "In the model a touch brings {conversions:.4f} conversions, on average "
    "{days:.1f} days later. A conversion is divided among the touches before it by how likely each was to "
    "bring it at that moment.",
    # what a model knows of itself
    "model.learnt_nothing": "{model}: has learnt nothing: {what} tells journeys that convert from others "
    "no better than chance (p = {p:.2g})",
    "learnt.sets": "which channels a journey touched",
    "learnt.channel": "the channel of a touch",
    "learnt.last": "the channel that comes last",
    "markov.unsolved": "markov: the chain was not solved to the end in {sweeps:,} sweeps; what is left "
    "of the error is about {error:.1g} of the largest chance to convert",
    "last_non_direct.no_direct": "no channel is direct traffic, so last_non_direct is last_touch here; "
    'if one is, name it: at.LastNonDirect(direct="...")',
    "shapley.sampled": "shapley: values of {players:d} channels were sampled over {orders:,} orders; the "
    "largest standard error is {error:.2%} of the whole",
    "shapley.sampled_above": "{told}, above tolerance={tolerance:g}: raise samples",
    "shapley.negative": "shapley: worth less than nothing in the game {game!r}, with negative credit: "
    "{channels}",
    "shapley.swollen": "shapley: the game {game!r} gives and takes {size:,.0f} conversions of "
    "{whole:,.0f}, {times:.1f} times as many: negative credit of some channels pays for that of others",
    "shapley.no_failure": "shapley: no journey failed to convert, so that every rate in the game "
    "{game!r} is 1",
    "shapley.few": "shapley: credit of the game {game!r} rests on the {journeys:,.0f} journeys that "
    "touched all {players:d} channels",
    "bagged_logistic.no_failure": "bagged_logistic: no journey failed to convert, so nothing is learnt "
    "and credit is equal",
    "bagged_logistic.idle": "bagged_logistic: in no bag, and so without a coefficient: {channels}; raise "
    "bags",
    "bagged_logistic.chance": "bagged_logistic: another draw of {bags:d} bags would move coefficients by "
    "{median:.0%} (median of channels), that of {channel} by {most:.0%}; intervals do not hold that: "
    "bags={enough:d} leaves so little of it that they need not",
    "probabilistic.negative": "probabilistic: partners convert better without them, with negative "
    "credit: {channels}",
    "probabilistic.no_failure": "probabilistic: no journey failed to convert, so that every rate is 1 "
    "and credit equal",
}
