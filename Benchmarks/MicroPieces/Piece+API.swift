import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import Marketplace
import NIOEmbedded
import Synchronization

@testable import API

extension Piece {
    static func tokens() throws -> [Piece] {
        let thread = OneThread()
        // More of them than are counted: each comes for the first time. What is timed comes round again.
        let (tokens, texts) = try thread.run {
            let tokens = await AccessTokens(secrets: [String(repeating: "s", count: 48)], life: .seconds(900))
            let user = UserRepresentation(
                id: .new(), email: "fan@example.com", role: .member, version: 1, createdAt: Sample.now)
            var texts: [String] = []
            for _ in 0..<1024 { texts.append(try await tokens.sign(user: user, session: .new(), now: Sample.now)) }
            return (tokens, texts)
        }
        let next = Turn()
        return [
            Piece("token: checked, one after another", of: 16) {
                try thread.run {
                    for _ in 0..<16 { keep(await tokens.read(texts[next.take() % texts.count], now: Sample.now)) }
                }
            },
            Piece("token: checked again and again", of: 16) {
                try thread.run { for _ in 0..<16 { keep(await tokens.read(texts[0], now: Sample.now)) } }
            },
        ]
    }

    private final class Turn: Sendable {
        private let count = Atomic(0)

        func take() -> Int { count.add(1, ordering: .relaxed).oldValue }
    }

    static func page() throws -> [Piece] {
        let pages = Pages(
            templates: try Templates(), assets: Assets(), publicURL: "https://gittix.example",
            checkoutOrigin: "https://checkout.example")
        let context = APIContext(source: .init(channel: EmbeddedChannel(), logger: Logger(label: "pieces")))
        let path = "/tickets/\(Sample.ticket.id)"
        var head = HTTPRequest(method: .get, scheme: "https", authority: "gittix.example", path: path)
        head.headerFields[.acceptLanguage] = "de-DE, en;q=0.7"
        let plain = Request(head: head, body: RequestBody(buffer: .init()))
        head.headerFields[.acceptEncoding] = "gzip, deflate, br"
        let packed = Request(head: head, body: RequestBody(buffer: .init()))

        @Sendable func render(_ request: Request) throws {
            let visitor = Visitor(request)
            let (view, head) = ticketPage(path, visitor)
            keep(try pages.page("ticket", view, head, request, context))
        }
        return [
            Piece("page: a ticket's, rendered") { try render(plain) },
            Piece("page: a ticket's, rendered and packed") { try render(packed) },
            Piece("page: its values alone") { keep(ticketPage(path, Visitor(plain))) },
        ]
    }

    /// What the page of a ticket on sale shows to somebody who is not signed in.
    private static func ticketPage(_ path: String, _ visitor: Visitor) -> (View, PageHead) {
        let (state, details) = (Sample.ticket, Sample.details)
        let availability = TicketAvailability(
            id: state.id, price: state.price, currency: state.currency, offered: state.quantity, withdrawn: false,
            version: state.version, held: 512)
        let view: View = [
            "id": state.id.description, "version": "\(state.version)", "title": state.title,
            "when": details.startsAt.map { visitor.event($0, in: details.timeZone) }, "place": details.place,
            "venue": details.venue, "city": details.city, "section": details.section, "row": details.row,
            "note": details.note, "price": visitor.money(state.price, state.currency),
            "listed": visitor.moment(state.createdAt), "live": "/live\(path)",
            "availability": TicketPages.live(availability, visitor), "over": false, "withdrawn": false, "own": nil,
            "buying": [
                "id": state.id.description, "none": false, "held": nil, "form": nil, "signIn": "?next=\(path)",
                "totals": [
                    "rows": (2...5).map { quantity -> View in
                        [
                            "quantity": visitor.number(quantity),
                            "total": visitor.money(state.price * Int64(quantity), state.currency),
                        ]
                    }
                ] as View,
            ] as View, "elsewhere": nil,
        ]
        let head = PageHead(
            "\(state.title), Waldbühne, Berlin", description: "\(state.title), Waldbühne, Berlin", canonical: path,
            structured: EventStructure(state, left: availability.left, url: path)?.json)
        return (view, head)
    }
}
