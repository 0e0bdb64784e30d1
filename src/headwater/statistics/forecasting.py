"""What a series will be, how sure that is, and how wrong the same method has been before."""

import math
import warnings
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from headwater.statistics.model import LEVEL, Doubt, check_level

_LEAST: Final = 8
_FOLDS: Final = 3
_LONGEST: Final = 2_000
"""Only so many of the last values are learned from."""


class Error(msgspec.Struct, frozen=True, rename="camel"):
    """How far forecasts were from what came, over `n` forecast values."""

    n: int
    mae: float
    """The mean of |forecast − value|."""
    mape: float | None
    """The mean of |forecast − value| / |value|; None where a value is 0."""
    smape: float
    """The mean of 2|forecast − value| / (|forecast| + |value|): from 0 to 2."""


class Forecast(msgspec.Struct, frozen=True, rename="camel"):
    """The values to come with their intervals, and the errors of forecasts of the past."""

    n: int
    """The values that were learned from."""
    method: str
    period: int | None
    values: list[float]
    low: list[float]
    high: list[float]
    level: float
    error: Error | None
    naive_error: Error | None
    """Of repeating the last season, or the last value, at the same moments."""
    doubts: tuple[Doubt, ...] = ()


def forecast(
    values: Sequence[float],
    horizon: int,
    period: int | None = None,
    level: float = LEVEL,
    *,
    positive: bool = False,
) -> Forecast:
    """Exponential smoothing in state space form: the form with the least AICc is taken of level
    alone, with damped trend, with season, with both, all with additive errors.

    R. J. Hyndman, A. B. Koehler, J. K. Ord, R. D. Snyder, "Forecasting with Exponential Smoothing:
    The State Space Approach" (2008), chapters 2 (forms), 6 (intervals), 7 (choice). `positive` cuts
    what is below 0 off, for counts.
    """
    check_level(level)
    known = [float(each) for each in values[-_LONGEST:]]
    seasonal = period if period and period > 1 and len(known) >= 2 * period else None
    doubts = [Doubt.TOO_SHORT] if period and seasonal is None else []
    if len(known) < _LEAST or min(known) == max(known):
        doubts.append(Doubt.SMALL_SAMPLE if len(known) < _LEAST else Doubt.CONSTANT)
        return _repeated(known, horizon, level, doubts)
    best = _best(known, seasonal)
    if best is None:
        return _repeated(known, horizon, level, [*doubts, Doubt.SMALL_SAMPLE])
    form, fitted = best
    center, low, high = _ahead(fitted, len(known), horizon, level)
    error, naive = backtest(known, horizon, form, seasonal)
    if error is not None and naive is not None and error.mae > naive.mae:
        doubts.append(Doubt.WORSE_THAN_NAIVE)
    if positive:
        center, low, high = ([max(each, 0.0) for each in part] for part in (center, low, high))
    return Forecast(
        len(known), _name(form), seasonal, center, low, high, level, error, naive, tuple(doubts)
    )


def _repeated(known: list[float], horizon: int, level: float, doubts: list[Doubt]) -> Forecast:
    """The last value for ever: all that can be said of a short or a constant series."""
    last = [known[-1]] * horizon if known else []
    return Forecast(
        len(known), "last value", None, last, last, last, level, None, None, tuple(doubts)
    )


_Form = tuple[bool, int | None]
"""Whether there is a trend, and the period of the season."""


def _name(form: _Form) -> str:
    """As the book names forms: error, trend, season."""
    return f"ETS(A,{'Ad' if form[0] else 'N'},{'A' if form[1] else 'N'})"


def _best(values: list[float], period: int | None) -> tuple[_Form, Any] | None:
    forms: list[_Form] = [(False, None), (True, None)]
    if period is not None:
        forms += [(False, period), (True, period)]
    fits = [(form, _fit(values, form)) for form in forms]
    usable = [(form, fit) for form, fit in fits if fit is not None and not math.isnan(fit.aicc)]
    return min(usable, key=lambda each: each[1].aicc) if usable else None


def _fit(values: list[float], form: _Form) -> Any:
    from numpy.linalg import LinAlgError
    from pandas import Series
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    trend, period = form
    if len(values) <= 5 + 2 * trend + (period or 0):
        return None
    enough = len(values) >= 10 + (period or 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = ETSModel(
                Series(values),
                error="add",
                trend="add" if trend else None,
                damped_trend=trend,
                seasonal="add" if period else None,
                seasonal_periods=period,
                initialization_method="heuristic" if enough else "estimated",
            )
            return model.fit(disp=False, maxiter=200)
        except (ValueError, ArithmeticError, LinAlgError):
            return None  # a form that these values do not admit


def _ahead(
    fitted: Any, n: int, horizon: int, level: float
) -> tuple[list[float], list[float], list[float]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = fitted.get_prediction(start=n, end=n + horizon - 1).summary_frame(alpha=1 - level)
    names = ("mean", "pi_lower", "pi_upper")
    center, low, high = ([float(each) for each in told[name]] for name in names)
    return center, low, high


def backtest(
    values: list[float], horizon: int, form: _Form, period: int | None
) -> tuple[Error | None, Error | None]:
    """The errors of the form, and of the naive method, over up to three last horizons: each is
    forecast from the values before it alone (FPP3 §5.10)."""
    found: list[tuple[float, float]] = []
    naive: list[tuple[float, float]] = []
    span = min(horizon, max(len(values) // 4, 1))
    for fold in range(_FOLDS, 0, -1):
        cut = len(values) - fold * span
        before, after = values[:cut], values[cut : cut + span]
        if cut < max(_LEAST, 2 * (period or 0)):
            continue
        fitted = _fit(before, form)
        if fitted is None:
            continue
        ahead = [float(each) for each in fitted.forecast(len(after))]
        found += zip(ahead, after, strict=True)
        naive += zip(naive_forecast(before, len(after), period), after, strict=True)
    return errors(found), errors(naive)


def naive_forecast(values: Sequence[float], horizon: int, period: int | None) -> list[float]:
    """What was a season ago; without a season, the last value (FPP3 §5.2)."""
    back = period or 1
    return [float(values[len(values) - back + step % back]) for step in range(horizon)]


def errors(pairs: Sequence[tuple[float, float]]) -> Error | None:
    """Of forecasts and what came. MAPE and sMAPE: S. Makridakis, "Accuracy measures", International
    Journal of Forecasting 9 (1993) 527-529; sMAPE with |f| + |v| below, which is never negative."""
    if not pairs:
        return None
    n = len(pairs)
    off = [abs(f - v) for f, v in pairs]
    shares = [o / abs(v) for o, (_, v) in zip(off, pairs, strict=True) if v]
    symmetric = [
        2 * o / (abs(f) + abs(v)) if o else 0.0 for o, (f, v) in zip(off, pairs, strict=True)
    ]
    return Error(
        n,
        math.fsum(off) / n,
        math.fsum(shares) / n if len(shares) == n else None,
        math.fsum(symmetric) / n,
    )
