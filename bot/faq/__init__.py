"""How text is compared: a question in, the answer it asks for out. Pure; the only room that imports rapidfuzz, numpy.

===============  ================================================================================================
module           holds
===============  ================================================================================================
``text``         folding, words, and the words that carry grammar
``vocabulary``   short forms, fillers, synonyms, words and questions of other subjects
``names``        finds the programmes that were named, and those that were set aside
``lexicon``      the words that are known, and the way back to them from a misspelt one
``reading``      all of the above: a text as it was understood
``index``        features of texts as numbers
``model``        learns topics and programmes from phrases
``ranking``      puts both together with what was said before
``calibration``  how sure is sure enough to answer
``likeness``     how alike two questions are
``matcher``      the whole, for the rest of the house
``explanation``  why a question was taken for what it was
``cache``        keeps a trained matcher for the next start
``evaluation``   scores a matcher on labelled questions
``labelled``     labelled questions as they stand in a file
``rates``        rates and how far they may be off
``typos``        makes slips, so that what they cost can be measured
``overlap``      texts that are nearly the same: questions that are phrases
``phrases``      phrases that pull two answers together
``report``       what an evaluation found, as tables and as JSON
===============  ================================================================================================
"""
