import Foundation
import Marketplace
import Services

/// A seller's listings as a table of comma-separated values, one listing in each line: for spreadsheets, and to change
/// or create many listings at once.
///
/// A row with the id of a listing changes the cells that differ from the listing. A row without an id is a new listing.
enum ListingSheet {
    /// The columns in their order.
    enum Column: String, CaseIterable {
        case listing, event, date, venue, city
        case timeZone = "time_zone"
        case performance, section, row, seats, quantity, split, price, currency
        case faceValue = "face_value"
        case note
        case onSale = "on_sale"
        // Read-only: these columns are ignored in an upload.
        case buyerPays = "buyer_pays"
        case sold, reserved, left

        /// The form's field for a cell that a seller may change, or `nil` if the cell has no field of its own.
        var field: String? {
            switch self {
            case .event: "title"
            case .date: "startsAt"
            case .timeZone: "timeZone"
            case .faceValue: "faceValue"
            case .split: "splitRule"
            case .venue, .city, .section, .row, .seats, .quantity, .price, .currency, .note: rawValue
            case .listing, .performance, .onSale, .buyerPays, .sold, .reserved, .left: nil
            }
        }

        var isReadOnly: Bool { [.buyerPays, .sold, .reserved, .left].contains(self) }
        /// True if the performance of a listing decides the value.
        var isOfShow: Bool { [.event, .date, .venue, .city, .timeZone].contains(self) }
    }

    /// Maximum number of listings in a download, newest first.
    static let downloadLimit = 10_000

    // MARK: Writing

    static let header = line(Column.allCases.map(\.rawValue))

    static func line(_ listing: Listing) -> String {
        let cells = cells(of: listing)
        return line(Column.allCases.map { cells[$0] ?? "" })
    }

    static func line(_ cells: [String]) -> String { cells.map(escaped).joined(separator: ",") + "\r\n" }

    /// Quotes a cell. An apostrophe before the sign that begins a formula makes the cell a text
    /// (https://owasp.org/www-community/attacks/CSV_Injection), because some of the texts come from other people. A
    /// program that expects a separator other than a comma splits this cell into several, so an apostrophe is also
    /// added before a formula after such a separator.
    ///
    /// The method compares Unicode scalars, like the programs that read the table. It does not compare instances of
    /// `Character`, because a quotation mark with a combining mark after it is a single `Character`.
    private static func escaped(_ text: String) -> String {
        let safe = changingParts(of: text) { part, safe in
            if beginsFormula(part) { safe.append("'") }
            safe.append(contentsOf: part)
        }
        guard safe.contains(where: { isSeparator($0) || $0 == "," || $0 == "\"" }) else { return String(safe) }
        var quoted = String.UnicodeScalarView()
        for scalar in safe {
            if scalar == "\"" { quoted.append(scalar) }
            quoted.append(scalar)
        }
        return "\"" + String(quoted) + "\""
    }

    /// A cell as it was before ``escaped(_:)``, with single spaces.
    static func unescaped(_ text: String) -> String {
        let plain = changingParts(of: text) { part, plain in
            plain.append(contentsOf: part.first == "'" && beginsFormula(part.dropFirst()) ? part.dropFirst() : part)
        }
        return ImportText.line(String(plain))
    }

    /// Changes each part of a cell that a program could take for a cell of its own. The separators stay.
    ///
    /// - Parameter change: Appends the changed part to the text. It does not change the part in place: that would copy
    ///   the whole cell for each part.
    private static func changingParts(
        of text: String, _ change: (Substring.UnicodeScalarView, inout String.UnicodeScalarView) -> Void
    ) -> String.UnicodeScalarView {
        var changed = String.UnicodeScalarView()
        let scalars = text.unicodeScalars
        var start = scalars.startIndex
        while start < scalars.endIndex {
            let end = scalars[start...].firstIndex(where: isSeparator) ?? scalars.endIndex
            change(scalars[start..<end], &changed)
            guard end < scalars.endIndex else { break }
            changed.append(scalars[end])
            start = scalars.index(after: end)
        }
        return changed
    }

    /// True if the text begins with a sign that begins a formula, or with apostrophes and then such a sign, so that
    /// ``unescaped(_:)`` finds exactly the apostrophes that ``escaped(_:)`` adds.
    private static func beginsFormula(_ text: Substring.UnicodeScalarView) -> Bool {
        text.first { $0 != "'" }.map { "=+-@＝＋－＠".unicodeScalars.contains($0) } ?? false
    }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar == ";" || scalar == "\t" || Character(scalar).isNewline
    }

    /// The cells of a listing. Amounts have a decimal point, whatever the seller's region uses.
    static func cells(of listing: Listing) -> [Column: String] {
        let (state, details) = (listing.state, listing.state.details)
        let zone = details.timeZone.flatMap(TimeZone.init(identifier:)) ?? .gmt
        return [
            .listing: state.id.description, .event: state.title,
            .date: details.startsAt.map { LocalTime.text(of: $0, in: zone).replacing("T", with: " ") } ?? "",
            .venue: details.venue ?? "", .city: details.city ?? "", .timeZone: details.timeZone ?? "",
            .performance: state.performanceId?.description ?? "", .section: details.section ?? "",
            .row: details.row ?? "", .seats: SeatText.typed(state.seats?.map(\.name) ?? []),
            .quantity: String(state.quantity), .split: (state.splitRule ?? .any).rawValue,
            .price: state.currency.shortDecimal(state.price), .currency: state.currency.rawValue,
            .faceValue: state.pricing?.faceValue.map(state.currency.shortDecimal) ?? "", .note: details.note ?? "",
            .onSale: state.withdrawn ? "no" : "yes", .buyerPays: state.currency.shortDecimal(state.allIn),
            .sold: String(listing.sold), .reserved: String(listing.held),
            .left: String(listing.representation.available),
        ]
    }

    // MARK: Reading

    /// A row of an upload.
    struct Row: Sendable {
        /// The line of the file on which it begins, counted from 1.
        let line: Int
        let cells: [Column: String]
        let columns: [Column]
        /// All fields as they were read, to show the row again.
        let fields: [String]

        /// True if the row has no id of a listing.
        var isNew: Bool { (cells[.listing] ?? "").isEmpty }
        var listing: ListingID? { cells[.listing].flatMap { ListingID($0) } }
    }

    /// Reads a table with a header. Commas, semicolons or tabs separate its cells.
    ///
    /// - Throws: ``ImportFileError`` if the text is not such a table, or has too many rows.
    static func read(_ text: String) throws(ImportFileError) -> [Row] {
        let bytes = Array(text.utf8)
        let firstLine = bytes.prefix { $0 != UInt8(ascii: "\n") }
        let comma = UInt8(ascii: ",")
        let others = [UInt8(ascii: ";"), UInt8(ascii: "\t")]
        let separator = firstLine.contains(comma) ? comma : others.first(where: firstLine.contains) ?? comma
        var reader = CSVReader(bytes, separator: separator)
        let columns = try header(&reader)
        var rows: [Row] = []
        while let next = reader.next(fields: columns.count) {
            switch next {
            case .failure(let problem):
                throw ImportFileError(message: "Line \(problem.line): \(problem.message).")
            case .success(let record):
                let cells = zip(columns, record.fields.map(unescaped)).filter { !$0.0.isReadOnly }
                rows.append(
                    Row(
                        line: record.line, cells: Dictionary(uniqueKeysWithValues: cells), columns: columns,
                        fields: record.fields))
            }
            guard rows.count <= ListingBatch.limit else {
                throw ImportFileError(message: "It has more than \(ListingBatch.limit) rows. Upload it in parts.")
            }
        }
        guard !rows.isEmpty else { throw ImportFileError(message: "It has no rows below the names of the columns.") }
        return rows
    }

    private static func header(_ reader: inout CSVReader) throws(ImportFileError) -> [Column] {
        guard case .success(let record) = reader.next(fields: nil) else {
            throw ImportFileError(message: "The first line must have the names of the columns.")
        }
        var columns: [Column] = []
        for name in record.fields {
            guard let column = Column(rawValue: name.lowercased().replacing(" ", with: "_")) else {
                let known = Column.allCases.map(\.rawValue).joined(separator: ", ")
                throw ImportFileError(message: "“\(name.prefix(64))” is not a column. The columns are: \(known).")
            }
            guard !columns.contains(column) else {
                throw ImportFileError(message: "The column “\(column.rawValue)” occurs twice.")
            }
            columns.append(column)
        }
        return columns
    }
}
