"""Makes pandapower.json and pandapower_answers.json. Needs pandapower 3.5.6, which pins an older pandas.

python -m venv pp && pp/bin/pip install pandapower==3.5.6 && pp/bin/python tests/sources/grid/make_pandapower_fixture.py
"""

import json
from pathlib import Path

import numpy as np
import pandapower as pp

HERE = Path(__file__).parent


def network() -> pp.pandapowerNet:
    net = pp.create_empty_network(sn_mva=100)
    a, b, c, d = (pp.create_bus(net, vn_kv=110, name=n, geodata=(9.0 + i, 50.0)) for i, n in enumerate("abcd"))
    e, f, g, h = (pp.create_bus(net, vn_kv=kv, name=n) for n, kv in (("e", 380), ("f", 20), ("g", 110), ("h", 110)))
    for name, ends, km, parallel in (
        ("ab", (a, b), 20, 1),
        ("bc", (b, c), 30, 2),
        ("ac", (a, c), 50, 1),
        ("out", (a, d), 9, 1),
    ):
        pp.create_line_from_parameters(
            net, *ends, km, 0.06, 0.4, 9, 0.6, name=name, parallel=parallel, df=0.9, in_service=name != "out"
        )
    pp.create_line_from_parameters(net, c, g, 40, 0.06, 0.4, 9, 0.6, name="cg")
    pp.create_line_from_parameters(net, b, g, 10, 0.06, 0.4, 9, 0.6, name="switched off")
    pp.create_switch(net, b, 5, et="l", closed=False)
    pp.create_switch(net, c, d, et="b", closed=True)
    pp.create_transformer_from_parameters(
        net, e, a, 300, 400, 115, 0.3, 12, 0, 0, shift_degree=30, tap_side="hv", tap_neutral=0, tap_step_percent=1.25,
        tap_pos=3, tap_changer_type="Ratio", name="ea", max_loading_percent=100,
    )  # fmt: skip
    pp.create_transformer_from_parameters(net, e, b, 250, 380, 110, 0.3, 11, 0, 0, shift_degree=30, name="eb", parallel=2)
    pp.create_transformer3w_from_parameters(
        net,
        e,
        c,
        f,
        380,
        110,
        20,
        300,
        250,
        60,
        12,
        9,
        15,
        0.3,
        0.3,
        0.3,
        0,
        0,
        shift_mv_degree=30,
        shift_lv_degree=0,
        name="3w",
    )
    pp.create_impedance(net, d, h, 0.01, 0.05, 100, name="dh")
    pp.create_ext_grid(net, e, max_p_mw=900)
    pp.create_gen(net, b, 80, max_p_mw=150, min_p_mw=0)
    pp.create_sgen(net, c, 30, type="WP", scaling=0.5)
    pp.create_gen(net, d, 50, in_service=False)
    for bus, mw in ((a, 90), (c, 120), (d, 40), (f, 20), (g, 35), (h, 25)):
        pp.create_load(net, bus, mw, scaling=1.1 if bus == a else 1.0)
    pp.create_dcline(net, b, h, 15, 0, 0, 1.0, 1.0, max_p_mw=60)
    pp.create_storage(net, c, -5, max_e_mwh=40, min_p_mw=-20, max_p_mw=20)
    pp.create_poly_cost(net, 0, "gen", cp1_eur_per_mw=40)
    return net


def answers(net: pp.pandapowerNet) -> dict:
    pp.rundcpp(net, calculate_voltage_angles=True)
    flow = {f"line {i} {net.line.name[i]}": net.res_line.p_from_mw[i] for i in net.line.index if net.line.in_service[i]}
    flow |= {f"transformer {i} {net.trafo.name[i]}": net.res_trafo.p_hv_mw[i] for i in net.trafo.index}
    flow |= {"transformer3w 0 hv": net.res_trafo3w.p_hv_mw[0], "transformer3w 0 mv": -net.res_trafo3w.p_mv_mw[0]}
    flow |= {"transformer3w 0 lv": -net.res_trafo3w.p_lv_mw[0], "impedance 0 dh": net.res_impedance.p_from_mw[0]}
    del flow["line 5 switched off"]
    name = net.bus.name
    injection = {name[i]: -net.res_bus.p_mw[i] for i in net.bus.index if np.isfinite(net.res_bus.p_mw[i])}
    return {"made_by": f"pandapower {pp.__version__}, rundcpp", "injection_mw": injection, "flow_mw": flow}


def small(text: str) -> str:
    """The same file without its empty tables and without the library of standard types."""
    whole = json.loads(text)
    content = whole["_object"]
    empty = [k for k, v in content.items() if isinstance(v, dict) and '"data":[]' in str(v.get("_object", "")).replace(" ", "")]
    whole["_object"] = {k: v for k, v in content.items() if k not in empty and k != "std_types"}
    return json.dumps(whole) + "\n"


if __name__ == "__main__":
    found = answers(network())
    (HERE / "pandapower.json").write_text(small(pp.to_json(network())))
    (HERE / "pandapower_answers.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
