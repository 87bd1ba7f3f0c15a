import Marketplace
import Services

/// An upload of events: the body of `POST /api/admin/imports`, or the form of `/admin/catalogue/import`.
struct ImportInput: Sendable {
    /// Maximum number of rows in one request. `gittix catalogue import` reads larger files.
    static let rowLimit = 2000

    let source: String
    let format: ImportFile.Format
    let text: String
    let defaults: ImportFile.Defaults
    /// False to only find out what an import would do.
    let execute: Bool

    /// The rows of the text.
    ///
    /// - Throws: ``Problem`` 400 if the text does not have the format, or has too many rows.
    func file() throws(Problem) -> ImportFile {
        let file: ImportFile
        do {
            file = try ImportFile(Array(text.utf8), as: format, defaults: defaults)
        } catch { throw .invalid("\(error)", field: "text") }
        guard file.records.count + file.problems.count <= Self.rowLimit else {
            throw .invalid(
                "has more than \(Self.rowLimit) rows: send it in parts, or use gittix catalogue import", field: "text")
        }
        return file
    }
}

extension ImportInput {
    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let source = fields.text("source", 1...ImportPerformances.sourceLimit)
        let name = fields.text("format", 1...16)
        let format = name.flatMap(ImportFile.Format.init(rawValue:))
        if name != nil, format == nil { fields.fail("format", "must be csv, jsonld or ics") }
        let text = fields.document("text")
        var defaults = ImportFile.Defaults()
        defaults.city = fields.text("city", 0...ShowDetails.cityLimit, required: false) ?? ""
        defaults.country = (fields.text("country", 0...2, required: false) ?? "").uppercased()
        if !defaults.country.isEmpty, !Country.isCode(defaults.country) {
            fields.fail("country", "must be a code of ISO 3166-1 such as DE")
        }
        defaults.timeZone = fields.text("timeZone", 0...64, required: false) ?? ""
        if !defaults.timeZone.isEmpty, !TimeZones.isGeographical(defaults.timeZone) {
            fields.fail("timeZone", "must be a name such as Europe/Berlin")
        }
        if let category = fields.category(required: false) { defaults.category = category.rawValue }
        let execute = fields.bool("execute", required: false)
        guard fields.finish(), let source, let format, let text else { throw fields.problem }
        self.init(source: source, format: format, text: text, defaults: defaults, execute: execute ?? false)
    }
}
