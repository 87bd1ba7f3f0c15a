import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/admin/catalogue/merge`: asks an admin whether two entries are the same, and merges one into the other.
struct MergePages: Sendable {
    let pages: Pages
    let users: UserReads
    let catalogue: CatalogueReads
    let sender: CurationSender

    private static let path = CurationPages.path + "/merge"

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/admin/catalogue/merge") { request, context in
            _ = try await Curator.of(context, users)
            return try await page(FormFields(query: request.uri.query), .ok, request, context)
        }
        routes.post("/admin/catalogue/merge") { request, context in try await merge(request, context) }
    }

    /// The two entries of a form. Adds faults to the form.
    private func entries(
        _ form: inout FormFields, _ visitor: Visitor
    ) async throws -> (kind: MergeEntries.Kind, from: CuratedEntry, into: CuratedEntry?) {
        guard let kind = MergeEntries.Kind(rawValue: form["kind"]),
            let id = CatalogueID(form["from"]), let from = try await catalogue.entry(kind, id, visitor)
        else { throw Problem.notFound("entry of the catalogue") }
        guard let other = CuratedEntry.id(in: form["into"]).flatMap({ CatalogueID($0) }) else {
            form.fail("into", "Enter the address of the other \(kind)'s page, or its id.")
            return (kind, from, nil)
        }
        guard let into = try await catalogue.entry(kind, other, visitor) else {
            form.fail("into", "There is no \(kind) with this id.")
            return (kind, from, nil)
        }
        if other == id { form.fail("into", "This is the \(kind) itself.") }
        if into.isMerged { form.fail("into", "This \(kind) was merged into another one.") }
        return (kind, from, form.isValid ? into : nil)
    }

    private func page(
        _ form: FormFields, _ status: HTTPResponse.Status, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        var form = form
        let (kind, from, into) = try await entries(&form, Visitor(request))
        let back = OutcomePage.Link("Back", from.path, isQuiet: true)
        guard let into, status == .ok else {
            // Asks for the other entry, the first time or again after a fault.
            let field = Field(
                "into", "The other \(kind)", hint: "The address of its admin page, or its id.",
                attributes: [("autocomplete", "off")], in: form)
            let hidden = [("kind", kind.rawValue), ("from", from.id)]
            let view = OutcomePage.view(
                title: "Merge with another \(kind)", from.sentence,
                form: CurationSender.form(Self.path, "Merge", hidden: hidden)
                    .merging(["fields": [field.view], "summary": form.summary]), links: [back])
            return try pages.page(
                "outcome", view, PageHead("Merge with another \(kind)"),
                status: status == .ok ? .unprocessableContent : status, request, context)
        }
        let hidden = [("kind", kind.rawValue), ("from", from.id), ("into", into.id)]
        let view = OutcomePage.view(
            title: "Are these the same \(kind)?",
            "The first one disappears, and its address leads to the second one. You can't undo this.",
            facts: [("Disappears", from.sentence), ("Stays", into.sentence)],
            form: CurationSender.form(Self.path, "Merge them", hidden: hidden),
            links: [
                .init("Keep the other one", CuratedEntry.mergePath(kind, into.id, into: from.id), isQuiet: true), back,
            ])
        return try pages.page("outcome", view, PageHead("Merge"), request, context)
    }

    private func merge(_ request: Request, _ context: APIContext) async throws -> Response {
        let curator = try await Curator.of(context, users)
        var form = try await FormFields(request, context)
        let (kind, from, into) = try await entries(&form, Visitor(request))
        guard let into, let loser = CatalogueID(from.id), let winner = CatalogueID(into.id) else {
            return try await page(form, .unprocessableContent, request, context)
        }
        let merge = MergeEntries(kind: kind, from: loser, into: winner, userVersion: curator.version)
        return try await sender.send(merge, to: into.path, "merge entries", form, curator, request, context) {
            try await page($0, $1, request, context)
        }
    }
}
