package daybook

// FoldText is what free text is compared by.
var FoldText = foldText
