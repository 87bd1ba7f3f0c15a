import HTTPTypes
import Hummingbird
import Marketplace
import Services

/// `/admin/catalogue/import`: imports events from a text or a file. The page first shows what an import would do.
struct ImportPages: Sendable {
    let pages: Pages
    let sender: ImportSender
    let users: UserReads

    /// Maximum number of problems that the page shows.
    private static let problemLimit = 200

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/catalogue/import") { request, context in
            _ = try await Curator.of(context, users)
            return try page(FormFields(["category": ShowCategory.other.rawValue]), request, context)
        }
        routes.post("/admin/catalogue/import") { request, context in try await run(request, context) }
    }

    private func run(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await Curator.of(context, users)
        var form = try await FormFields(request, context, upTo: RequestLimits.importBodyBytes)
        guard let input = Self.input(&form) else {
            return try page(form, status: .unprocessableContent, request, context)
        }
        do {
            let report = try await sender.run(input, curator, context)
            return try page(form, report: report, request, context)
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            let status = problem.status == .badRequest ? HTTPResponse.Status.unprocessableContent : problem.status
            return try page(form, status: status, request, context)
        }
    }

    private static func input(_ form: inout FormFields) -> ImportInput? {
        let source = form.line("source", "a name for the source", 1...ImportPerformances.sourceLimit)
        let format = ImportFile.Format(rawValue: form["format"])
        if format == nil { form.fail("format", "Choose a format.") }
        if form["text"].trimmed.isEmpty { form.fail("text", "Paste the text of the file.") }
        var defaults = ImportFile.Defaults()
        defaults.city = form.line("city", "a city", 0...ShowDetails.cityLimit) ?? ""
        defaults.country = form["country"].trimmed.uppercased()
        if !defaults.country.isEmpty, !Country.isCode(defaults.country) {
            form.fail("country", "Enter a code of two letters such as DE.")
        }
        defaults.timeZone = form["timeZone"]
        if !defaults.timeZone.isEmpty, !TimeZones.isGeographical(defaults.timeZone) {
            form.fail("timeZone", "Choose the time zone of the venues.")
        }
        let category = form.category("category")
        guard form.isValid, let source, let format, let category else { return nil }
        defaults.category = category.rawValue
        return ImportInput(
            source: source, format: format, text: form["text"], defaults: defaults, execute: form["execute"] == "yes")
    }

    private func page(
        _ form: FormFields, report: CatalogueImportReport? = nil, status: HTTPResponse.Status = .ok,
        _ request: Request, _ context: APIContext
    ) throws -> Response {
        let visitor = Visitor(request)
        let formats = [("csv", "CSV"), ("jsonld", "JSON-LD of schema.org"), ("ics", "Calendar (iCalendar)")]
        let text = Field(
            "text", "The text of the file", .textarea(rows: 10),
            hint: "At most \(visitor.number(ImportInput.rowLimit)) dates.",
            attributes: [("spellcheck", "false"), ("autocomplete", "off")], in: form)
        let defaults = [
            Field("city", "City", isOptional: true, in: form),
            Field("country", "Country", hint: "Two letters, such as DE.", isOptional: true, in: form),
            Field("timeZone", "Time zone", .select(ListingForm.zones(form["timeZone"])), isOptional: true, in: form),
            Field("category", "Category", .select(CatalogueForm.categories), in: form),
        ]
        let view: View = [
            "nav": AdminNavigation.view(CurationPages.path), "summary": form.summary,
            "source": [
                Field(
                    "source", "Source", hint: "The same name each time, so that a later import finds its rows.",
                    in: form
                ).view,
                Field("format", "Format", .select(formats.map { Field.Choice(value: $0, text: $1) }), in: form).view,
            ],
            "text": text.view, "defaults": defaults.map(\.view),
            "report": report.map { Self.view($0, visitor) },
        ]
        return try pages.page("admin-import", view, PageHead("Import events"), status: status, request, context)
    }

    private static func view(_ report: CatalogueImportReport, _ visitor: Visitor) -> View {
        let problems = report.problems
        let more = problems.count - problemLimit
        return [
            "isPlan": report.isPlan,
            "counts": report.outcomes.map {
                ["name": $0, "number": visitor.number(report.counts[$0, default: 0])] as View
            },
            "failed": visitor.number(problems.count),
            "problems": problems.prefix(problemLimit).map {
                ["line": visitor.number($0.line), "message": FormFields.sentence($0.message)] as View
            },
            "hasProblems": !problems.isEmpty, "more": more > 0 ? visitor.number(more) : nil,
        ]
    }
}
