import Hummingbird
import Marketplace
import Services

/// `POST /api/admin/imports`: imports events from a text.
struct ImportRoutes: Sendable {
    let sender: ImportSender
    let users: UserReads

    func add(to routes: RouterGroup<APIContext>) {
        routes.post("imports") { request, context in
            let curator = try await Curator.of(context, users)
            let body = try await request.jsonBody(context, upTo: RequestLimits.importBodyBytes)
            let input = try ImportInput(body)
            return Response.json(ImportRepresentation(try await sender.run(input, curator, context), input))
        }
    }
}

/// The result of an import, as the API shows it.
private struct ImportRepresentation: Encodable {
    struct Row: Encodable {
        let line: Int
        let message: String
    }

    let source: String
    let executed: Bool
    let rows: Int
    let created: Int
    let changed: Int
    let unchanged: Int
    let skipped: Int
    let failed: Int
    let problems: [Row]

    init(_ report: CatalogueImportReport, _ input: ImportInput) {
        let problems = report.problems
        source = input.source
        executed = !report.isPlan
        rows = report.rows
        created = report.counts[report.isPlan ? "new" : "created", default: 0]
        changed = report.counts["changed", default: 0]
        unchanged = report.counts["unchanged", default: 0]
        skipped = report.counts["skipped", default: 0]
        failed = problems.count
        self.problems = problems.map { Row(line: $0.line, message: $0.message) }
    }
}
