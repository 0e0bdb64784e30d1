"""The mathematics of the analyses: pure functions of numbers, each with its source.

Nothing here reads or writes. What is answered carries how many observations it rests on (`n`) and,
where it makes sense, an interval. What makes an answer doubtful is told by the words of `Doubt`.
"""
