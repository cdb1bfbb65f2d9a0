"""What the network can serve: rows over connections for the siting model, and headroom in the words of a grid planner.

The first three lines are a solve's, the last one is headroom without a siting model:

    check, lp, secure_base, built_grid, uprate       connections re-dispatched in every situation: rows that they violate
    columns, headroom, joint                         the plan's side: own headroom, headroom together, prices of the rows
    curtailment, headroom_notes                      what flexible connections are cut by, and what is told of it all
    bus_headroom, bus_lp, bus_answers                headroom of every bus alone in every hour
"""
