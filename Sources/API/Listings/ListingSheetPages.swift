import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Services
import Storage

/// `/listings.csv`: a seller's listings as a table. `/listings/upload`: changes and new listings from such a table.
struct ListingSheetPages: Sendable {
    let pages: Pages
    let batch: ListingBatch
    let listings: ListingReads
    let catalogue: CatalogueReads
    let keys: DerivedKeys

    /// The name of the form's field with the table.
    private static let table = "table"
    /// The number of listings that a download reads at a time.
    private static let downloadPart = 200
    /// The number of listings in a download that count as one command in the user's budget.
    private static let listingsPerToken = 400

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/listings.csv") { request, context in try await download(request, context) }
        routes.get("/listings/upload") { request, context in
            _ = try context.requireUser()
            return try page(FormFields(), request, context)
        }
        routes.post("/listings/upload") { request, context in try await upload(request, context) }
    }

    // MARK: Download

    private func download(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        // A download of 10,000 listings takes up to 2 s of the processor, and counts as 26 commands.
        let count = try await listings.count(of: requester.id, upTo: ListingSheet.downloadLimit)
        for _ in 0...(count / Self.listingsPerToken) { try await batch.gateway.budget.take(for: requester.actor) }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8; header=present", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"listings.csv\"",
            ],
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: ListingSheet.header))
                var (cursor, count) = (ListCursor?.none, 0)
                repeat {
                    let part = try await listings.listings(of: requester.id, after: cursor, limit: Self.downloadPart)
                    let text = part.map(ListingSheet.line).joined()
                    if !part.isEmpty { try await writer.write(ByteBuffer(string: text)) }
                    count += part.count
                    cursor =
                        part.count < Self.downloadPart
                        ? nil : part.last.map { ListCursor(createdAt: $0.state.createdAt, id: $0.state.id.uuid) }
                } while cursor != nil && count < ListingSheet.downloadLimit
                try await writer.finish(nil)
            })
    }

    // MARK: Upload

    /// The result of a row.
    private struct Outcome {
        let row: ListingSheet.Row
        var text: String
        var tone = ""
        var listing: ListingID?
        var isRefused = false
    }

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        // Even an upload that changes nothing costs much more than a page.
        try await batch.gateway.budget.take(for: requester.actor)
        var form = try await FormFields(request, context, upTo: RequestLimits.uploadBodyBytes)
        let rows: [ListingSheet.Row]
        do throws(ImportFileError) {
            guard !form[Self.table].trimmed.isEmpty else { throw ImportFileError(message: "Paste your table.") }
            rows = try ListingSheet.read(form[Self.table])
        } catch {
            form.fail(Self.table, error.message)
            return try page(form, status: .unprocessableContent, request, context)
        }
        let requests = try await requests(of: rows, requester, Visitor(request))
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /listings/upload", form: form, keys: keys)
        let changes = zip(rows, requests).compactMap { row, request in
            if case .change(let change) = request { (name: "line \(row.line)", change: change) } else { nil }
        }
        var answers = await batch.send(changes, as: command, context)[...]
        let outcomes = zip(rows, requests).map { row, request in
            switch request {
            case .unchanged: Outcome(row: row, text: "Unchanged", tone: "off", listing: row.listing)
            case .refused(let reason): Outcome(row: row, text: reason, isRefused: true)
            case .change(let change): Self.outcome(of: row, change, answers.removeFirst())
            }
        }
        return try results(outcomes, request, context)
    }

    /// The request of each row.
    private func requests(
        of rows: [ListingSheet.Row], _ requester: Requester, _ visitor: Visitor
    ) async throws -> [ListingSheet.Request] {
        let found = try await listings.listings(rows.compactMap(\.listing))
        let own = Dictionary(uniqueKeysWithValues: found.map { ($0.state.id, $0) })
            .filter { $1.state.sellerId == requester.id }
        let named = Set(rows.filter(\.isNew).compactMap { $0.cells[.performance].flatMap(PerformanceID.init) })
        let performances = try await ListedPerformance.read(named, in: catalogue, for: requester)
        let now = Timestamp.now()
        var (requests, seen): ([ListingSheet.Request], Set<ListingID>) = ([], [])
        for row in rows {
            if row.isNew {
                requests.append(creation(row, performances, requester, visitor, now))
            } else if let id = row.listing, let listing = own[id] {
                requests.append(
                    seen.insert(id).inserted
                        ? row.request(changing: listing, by: requester, for: visitor, now: now)
                        : .refused("This listing is in another row, too."))
            } else {
                requests.append(.refused("listing: You have no listing with this id. For a new one, leave it empty."))
            }
        }
        return requests
    }

    private func creation(
        _ row: ListingSheet.Row, _ performances: [PerformanceID: ListedPerformance], _ requester: Requester,
        _ visitor: Visitor, _ now: Timestamp
    ) -> ListingSheet.Request {
        guard let text = row.cells[.performance], !text.isEmpty else {
            return row.request(creatingIn: nil, by: requester, for: visitor, now: now)
        }
        guard let performance = PerformanceID(text).flatMap({ performances[$0] }) else {
            return .refused(Self.unknownPerformance)
        }
        return row.request(creatingIn: performance, by: requester, for: visitor, now: now)
    }

    private static let unknownPerformance = "performance: There is no performance with this id."

    private static func outcome(
        of row: ListingSheet.Row, _ change: ListingBatch.Change, _ answer: ListingBatch.Outcome
    ) -> Outcome {
        if let message = answer.message { return Outcome(row: row, text: message, isRefused: true) }
        guard case .done(.done(_, let request)) = answer else { return Outcome(row: row, text: "", isRefused: true) }
        return switch change {
        case .create: Outcome(row: row, text: "Listed", tone: "good", listing: ListingID(request.id.uuid))
        case .change: Outcome(row: row, text: "Changed", tone: "good", listing: row.listing)
        }
    }

    /// Shows the result of each row, and a form with the refused rows.
    private func results(
        _ outcomes: [Outcome], _ request: Request, _ context: APIContext
    ) throws -> Response {
        let refused = outcomes.filter(\.isRefused)
        let columns = outcomes.first?.row.columns ?? []
        let table = [columns.map(\.rawValue)] + refused.map(\.row.fields)
        let rest = FormFields([Self.table: refused.isEmpty ? "" : table.map { ListingSheet.line($0) }.joined()])
        let visitor = Visitor(request)
        let rows = outcomes.map { outcome -> View in
            [
                "line": visitor.number(outcome.row.line), "title": outcome.row.title,
                "path": outcome.listing.map { "/tickets/\($0)" }, "text": outcome.text, "tone": outcome.tone,
                "refused": outcome.isRefused,
            ]
        }
        let done = outcomes.count { !$0.isRefused && $0.tone == "good" }
        let results: View = [
            "rows": rows, "done": visitor.number(done),
            "refused": refused.isEmpty ? nil : visitor.number(refused.count),
        ]
        return try page(
            rest, results: results, status: refused.isEmpty ? .ok : .conflict, request, context)
    }

    private func page(
        _ form: FormFields, results: View? = nil, status: HTTPResponse.Status = .ok, _ request: Request,
        _ context: APIContext
    ) throws -> Response {
        let field = Field(
            Self.table, "Your table", .textarea(rows: 10),
            hint: "Copy the cells of a spreadsheet, with the names of the columns, or the text of a CSV file. "
                + "At most \(ListingBatch.limit) rows.",
            attributes: [("spellcheck", "false"), ("autocomplete", "off")], in: form)
        let columns = ListingSheet.Column.allCases.filter { !$0.isReadOnly }.map(\.rawValue)
        let view: View = [
            "field": field.view, "summary": form.summary, "key": FormKey.make(), "results": results,
            "columns": columns,
        ]
        return try pages.page(
            "listings-upload", view, PageHead("Change listings with a spreadsheet"), status: status, request, context)
    }
}
