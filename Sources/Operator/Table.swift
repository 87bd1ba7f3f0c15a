/// A table with titles. Columns are as wide as their widest cell.
struct Table {
    enum Side { case left, right }

    var columns: [(title: String, side: Side)]
    var rows: [[String]] = []

    /// The table as text. Columns are separated by two spaces, and no line ends with spaces.
    var text: String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            let cells = columns.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - line[column].count)
                return columns[column].side == .left ? line[column] + space : space + line[column]
            }
            let joined = cells.joined(separator: "  ")
            return String(joined.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}
