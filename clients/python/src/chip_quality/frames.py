"""Answers as pandas frames. ``attrs`` keeps what a number means and which events it includes."""

from typing import Any, Dict, List

#: What an answer says about itself, beside its numbers.
_ABOUT = ("definition", "definition_id", "as_of", "warning")


def of_yield(answer: Dict[str, Any], is_grouped: bool) -> Any:
    rows = answer["groups"] if is_grouped else [answer["totals"]]
    attrs = {**_about(answer), "totals": answer["totals"]}
    if "other" in answer:
        attrs["other"] = answer["other"]
    return _frame(rows, attrs)


def of_spc(answer: Dict[str, Any]) -> Any:
    location = answer["location"]
    rules: Dict[int, List[str]] = {}
    for violation in location["violations"]:
        rules.setdefault(violation["index"], []).append(violation["rule"])
    # With max_points the service leaves samples out, and names the place of the others.
    samples = {sample.get("index", place): sample for place, sample in enumerate(answer["samples"])}
    rows = [
        {
            **{name: value for name, value in samples[point["index"]].items() if name != "index"},
            **{name: value for name, value in point.items() if name != "index"},
            "violations": rules.get(point["index"], []),
        }
        for point in location["points"]
    ]
    attrs = {**_about(answer), "chart": answer["chart"], "sigma": answer["sigma"], "centre": location["centre"]}
    return _frame(rows, attrs)


def of_wafer_map(answer: Dict[str, Any]) -> Any:
    rows = [{"x": x, "y": y, "value": value} for x, y, value in answer["dies"]]
    attrs = {**_about(answer), **{name: answer[name] for name in ("site", "lot_id", "wafer_id", "value")}}
    return _frame(rows, attrs, ["x", "y", "value"])


def _about(answer: Dict[str, Any]) -> Dict[str, Any]:
    return {name: answer[name] for name in _ABOUT if name in answer}


def _frame(rows: List[Dict[str, Any]], attrs: Dict[str, Any], columns: Any = None) -> Any:
    try:
        import pandas
    except ImportError as error:
        raise ImportError('frames need pandas: pip install "chip-quality[pandas]"') from error
    frame = pandas.DataFrame(rows, columns=columns)
    frame.attrs.update(attrs)
    return frame
