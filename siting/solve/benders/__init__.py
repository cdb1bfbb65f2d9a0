"""Any number of hours, solved block by block and proven: Benders decomposition of the stamped arrays.

It reads a Program's labels and matrices and knows no concept of siting. In the order in which a run meets them:

    decomposition                                    the run on one page
    split, site_of, nearest                          the Program as plan and blocks; what belongs to which site
    mean                                             the first sites, from the mean of all hours
    rounds, master, sifting                          plans are proposed, and what is proved grows
    workers, subproblem, bounding_rows               blocks answer with cuts, on all cores
    site_pricing, one_site                           sites left closed: what could they gain
    limit_prices, moved_shares, repair               limits on many blocks, and plans that break no rule
    known_cuts                                       what a what-if takes over
"""
