import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/listings/edit`: one form in which a seller changes the prices of several listings, takes them off sale, or puts
/// them back on sale.
///
/// Listing number `n` of the form has the fields `listing.n` (its id and version), `price.n` and `sale.n`. Each changed
/// listing becomes a command. If some are refused, the form is shown again with the reasons.
struct BulkEditPages: Sendable {
    let pages: Pages
    let batch: ListingBatch
    let listings: ListingReads
    let keys: DerivedKeys

    static let path = "/listings/edit"

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/listings/edit") { request, context in try await show(request, context) }
        routes.post("/listings/edit") { request, context in try await save(request, context) }
    }

    /// A listing of the form with the number of its fields.
    private struct Row: Sendable {
        let number: Int
        let listing: Listing
        /// The version that the form shows.
        let version: Int64

        var price: String { "price.\(number)" }
        var sale: String { "sale.\(number)" }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let list = ListPage(request, path: Self.path, list: "tickets of \(requester.id)", keys: keys)
        let found = try await listings.listings(of: requester.id, after: list.after, limit: list.limit + 1)
        let now = Timestamp.now()
        let rows = found.prefix(list.limit)
            .filter { $0.state.takenDown == nil && !$0.state.details.hasStarted(by: now) }
            .enumerated().map { Row(number: $0, listing: $1, version: $1.state.version) }
        let more = list.more(found) { ListCursor(createdAt: $0.state.createdAt, id: $0.state.id.uuid) }
        return try page(rows, FormFields(), pages: ["first": list.first, "more": more], request, context)
    }

    private func save(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        var form = try await FormFields(request, context)
        let rows = try await rows(of: form, requester)
        let visitor = Visitor(request)
        var changes: [(row: Row, change: ChangeListing)] = []
        for row in rows {
            let (price, withdrawn) = Self.changes(of: row, &form, for: visitor)
            guard price != nil || withdrawn != nil else { continue }
            let change = ChangeListing(
                ticketId: row.listing.state.id, price: price, withdrawn: withdrawn, ifVersion: row.version,
                userVersion: requester.version)
            changes.append((row, change))
        }
        guard form.isValid else {
            return try page(rows, form, status: .unprocessableContent, request, context)
        }
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /listings/edit", form: form, keys: keys)
        let outcomes = await batch.send(
            changes.map { ("\($1.ticketId)", .change($1)) }, as: command, context)
        let faults = zip(changes, outcomes).compactMap { change, outcome in
            outcome.message.map { (row: change.row, message: $0) }
        }
        guard !faults.isEmpty else {
            // If the form was sent twice, the first submission has made the changes: the second has none to make, but
            // its versions are outdated.
            let isUnchanged = changes.isEmpty && rows.allSatisfy { $0.version == $0.listing.state.version }
            return .seeOther("/listings?done=\(isUnchanged ? "unchanged" : "changed")")
        }
        return try await page(after: faults, of: changes.count, rows, form, request, context)
    }

    /// The listings of the form, as they are now.
    private func rows(of form: FormFields, _ requester: Requester) async throws -> [Row] {
        let numbered = try (0..<ListPage.limit).compactMap { number -> (Int, ListingID, Int64)? in
            guard form.has("listing.\(number)") else { return nil }
            let words = form["listing.\(number)"].split(separator: " ")
            guard words.count == 2, let id = ListingID(String(words[0])), let version = Int64(words[1]) else {
                throw Problem.notForm
            }
            return (number, id, version)
        }
        let found = try await listings.listings(numbered.map { $0.1 })
        return try numbered.map { number, id, version in
            guard let listing = found.first(where: { $0.state.id == id }) else { throw Problem.notFound("ticket") }
            guard listing.state.sellerId == requester.id else { throw Problem.notSeller }
            return Row(number: number, listing: listing, version: version)
        }
    }

    /// The values of a row that differ from the listing's.
    private static func changes(
        of row: Row, _ form: inout FormFields, for visitor: Visitor
    ) -> (price: Int64?, withdrawn: Bool?) {
        let state = row.listing.state
        let isUntouched = form[row.price] == visitor.typedAmount(state.price, state.currency)
        var price = isUntouched ? nil : form.price(row.price, in: state.currency, for: visitor)
        if price == state.price { price = nil }
        let withdrawn: Bool? =
            switch form[row.sale] {
            case "on": state.withdrawn ? false : nil
            case "off": state.withdrawn ? nil : true
            default: nil
            }
        return (price, withdrawn)
    }

    /// Shows the form again: the refused rows with what the seller typed, the others as they are now.
    private func page(
        after faults: [(row: Row, message: String)], of count: Int, _ rows: [Row], _ form: FormFields,
        _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let now = try await listings.listings(rows.map(\.listing.state.id))
        let refused = Set(faults.map(\.row.number))
        var values: [String: String] = [:]
        let current = rows.compactMap { row -> Row? in
            guard let listing = now.first(where: { $0.state.id == row.listing.state.id }) else { return nil }
            if refused.contains(row.number) {
                values[row.price] = form[row.price]
                values[row.sale] = form[row.sale]
            }
            return Row(number: row.number, listing: listing, version: listing.state.version)
        }
        var again = FormFields(values)
        let saved = count - faults.count
        let isOne = saved == 1
        again.fail(nil, saved == 0 ? "Nothing is saved yet." : "\(saved) \(isOne ? "is" : "are") saved, but not all.")
        for (row, message) in faults {
            again.fail(row.price, "\(row.listing.state.title): \(message)")
        }
        return try page(current, again, status: .conflict, request, context)
    }

    /// - Parameter links: paths of the first and the next page of the list.
    private func page(
        _ rows: [Row], _ form: FormFields, pages links: View? = nil, status: HTTPResponse.Status = .ok,
        _ request: Request, _ context: APIContext
    ) throws -> Response {
        let visitor = Visitor(request)
        let view: View = [
            "rows": rows.map { Self.view($0, form, visitor) }, "isEmpty": rows.isEmpty, "summary": form.summary,
            "key": FormKey.make(), "links": links,
        ]
        return try pages.page(
            "listings-edit", view, PageHead("Change several listings"), status: status, request, context)
    }

    private static func view(_ row: Row, _ form: FormFields, _ visitor: Visitor) -> View {
        let (state, left) = (row.listing.state, row.listing.representation.available)
        var fields = [
            row.price: visitor.typedAmount(state.price, state.currency), row.sale: state.withdrawn ? "off" : "on",
        ]
        for name in fields.keys where form.has(name) { fields[name] = form[name] }
        var shown = FormFields(fields)
        if let fault = form.fault(of: row.price) { shown.fail(row.price, fault) }
        let price = Field(
            row.price, "Price per ticket in \(state.currency)",
            attributes: [("inputmode", "decimal"), ("autocomplete", "off")], in: shown)
        let sale = Field(
            row.sale, "Sale",
            .select([Field.Choice(value: "on", text: "On sale"), Field.Choice(value: "off", text: "Off sale")]),
            in: shown)
        // The only suspension that a seller can end is one because of taken seats.
        let isFixed = state.suspended.map { $0.reason != .seatsTaken } ?? false
        return [
            "id": state.id.description, "title": state.title,
            "when": state.details.startsAt.map { visitor.venueTime($0, in: state.details.timeZone) },
            "place": state.details.place, "left": visitor.number(left), "offered": visitor.number(state.quantity),
            "listing": ["name": "listing.\(row.number)", "value": "\(state.id) \(row.version)"] as View,
            "fields": [price.view] + (isFixed ? [] : [sale.view]),
        ]
    }
}

extension ListingBatch.Outcome {
    /// A sentence for the seller, or `nil` if the change was made.
    var message: String? {
        switch self {
        case .done(.done): nil
        case .done(.accepted): "We don't know yet whether this was saved. Look again in a minute."
        case .failed(let problem):
            switch problem.status {
            case .serviceUnavailable, .internalServerError:
                "We couldn't save this right now. Try again in a few seconds."
            case _ where problem.code == Refusal.Code.staleVersion.kebab:
                "This listing was changed in the meantime. To save your change, press “Save changes” again."
            default: problem.errors.map { FormFields.sentence($0.message) }.joined(separator: " ")
            }
        }
    }
}
