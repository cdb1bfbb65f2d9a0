"""What the network can serve: rows over connections for the siting model, and headroom in the words of a grid planner.

check, lp, built_grid, uprate                    connections re-dispatched in every situation: rows that they violate
secure_base                                      what the network carries before anything is built
columns, headroom, joint                         the plan's side: own headroom, headroom together, prices of the rows
curtailment, headroom_notes                      what flexible connections are cut by, and what is told of it all
bus_headroom, bus_lp, bus_answers                headroom of every bus alone in every hour
"""
