// The words of a question in SQL, with their places: for colouring and for completion.
const KEYWORDS = new Set(
  `ALL ANALYZE AND ANTI ANY AS ASC ASOF BETWEEN BY CASE CAST COLUMNS CROSS CURRENT DESC DESCRIBE DISTINCT ELSE END
  EXCEPT EXCLUDE EXISTS EXPLAIN FALSE FILTER FIRST FOLLOWING FROM FULL GROUP GROUPING HAVING ILIKE IN INNER INTERSECT
  INTERVAL IS JOIN LAST LATERAL LEFT LIKE LIMIT NATURAL NOT NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PIVOT
  PRECEDING QUALIFY RANGE RECURSIVE REPLACE RIGHT ROLLUP ROW ROWS SELECT SEMI SETS SHOW SIMILAR SUMMARIZE TABLES
  TABLESAMPLE THEN TO TRUE UNBOUNDED UNION UNPIVOT USING VALUES WHEN WHERE WINDOW WITH`.split(/\s+/),
);
const TYPES = new Set(
  `BIGINT BOOLEAN DATE DECIMAL DOUBLE FLOAT HUGEINT INT INTEGER JSON SMALLINT TEXT TIME TIMESTAMP TIMESTAMPTZ UUID
  VARCHAR`.split(/\s+/),
);
const PATTERN =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<text>'(?:[^']|'')*(?:'|$))|(?<quoted>"(?:[^"]|"")*(?:"|$))|(?<number>\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<space>\s+)|(?<sign>[\s\S])/gu;

export const keywords = [...KEYWORDS];

// [{kind, text, start, end}]: kind is comment, text, quoted, number, keyword, type, call, name, space or sign.
export function tokens(sql) {
  const found = [];
  for (const match of sql.matchAll(PATTERN)) {
    const [kind, text] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    found.push({ kind, text, start: match.index, end: match.index + text.length });
  }
  found.forEach((token, at) => {
    if (token.kind === "word") token.kind = kindOf(found, at);
  });
  return found;
}

function kindOf(found, at) {
  if (found[at - 1]?.text === ".") return "name";
  const upper = found[at].text.toUpperCase();
  const called = found[at + 1]?.text === "(";
  if (KEYWORDS.has(upper) && !(called && /^(LEFT|RIGHT|REPLACE|FIRST|LAST)$/.test(upper))) return "keyword";
  if (called) return "call";
  return TYPES.has(upper) ? "type" : "name";
}

// The tokens of the statement that holds a place, without spaces and comments.
export function meaningful(found) {
  return found.filter(({ kind }) => kind !== "space" && kind !== "comment");
}

export function isKeyword(text) {
  return KEYWORDS.has(text.toUpperCase());
}
