import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import Marketplace
import NIOEmbedded
import Synchronization

@testable import API

extension Microbenchmark {
    static func accessTokens() throws -> [Microbenchmark] {
        let executor = CurrentThreadExecutor()
        // A count of instructions verifies fewer tokens than there are here, so it verifies each for the first time. A
        // measurement of time verifies them repeatedly.
        let (tokens, texts) = try executor.run {
            let tokens = AccessTokens(secrets: [String(repeating: "s", count: 48)], lifetime: .seconds(900))
            let user = AccountReply(id: .new(), role: .member, version: 1, createdAt: Fixtures.now)
            var texts: [String] = []
            for _ in 0..<1024 { texts.append(try tokens.sign(user: user, session: .new(), now: Fixtures.now)) }
            return (tokens, texts)
        }
        let counter = Counter()
        return [
            Microbenchmark("token: verify distinct tokens", unitsPerRun: 16) {
                try executor.run {
                    for _ in 0..<16 {
                        blackHole(tokens.verify(texts[counter.next() % texts.count], now: Fixtures.now))
                    }
                }
            },
            Microbenchmark("token: verify the same token", unitsPerRun: 16) {
                try executor.run { for _ in 0..<16 { blackHole(tokens.verify(texts[0], now: Fixtures.now)) } }
            },
        ]
    }

    private final class Counter: Sendable {
        private let count = Atomic(0)

        func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
    }

    static func listingPage() throws -> [Microbenchmark] {
        let pages = Pages(
            templates: try Templates(), assets: Assets(), publicURL: "https://gittix.example",
            checkoutOrigin: "https://checkout.example")
        let context = APIContext(source: .init(channel: EmbeddedChannel(), logger: Logger(label: "microbenchmarks")))
        let path = "/tickets/\(Fixtures.listing.id)"
        var head = HTTPRequest(method: .get, scheme: "https", authority: "gittix.example", path: path)
        head.headerFields[.acceptLanguage] = "de-DE, en;q=0.7"
        let plain = Request(head: head, body: RequestBody(buffer: .init()))
        head.headerFields[.acceptEncoding] = "gzip, deflate, br"
        let gzipped = Request(head: head, body: RequestBody(buffer: .init()))

        @Sendable func render(_ request: Request) throws {
            let visitor = Visitor(request)
            let (view, head) = listingView(path, visitor)
            blackHole(try pages.page("listing", view, head, request, context))
        }
        return [
            Microbenchmark("page: render a listing") { try render(plain) },
            Microbenchmark("page: render and gzip a listing") { try render(gzipped) },
            Microbenchmark("page: make the values of a listing") { blackHole(listingView(path, Visitor(plain))) },
        ]
    }

    /// Returns the values of a listing's page, on sale, for a visitor who is not signed in.
    private static func listingView(_ path: String, _ visitor: Visitor) -> (View, PageHead) {
        let (state, details) = (Fixtures.listing, Fixtures.details)
        let availability = ListingAvailability(
            id: state.id, price: state.price, currency: state.currency, offered: state.quantity, withdrawn: false,
            version: state.version, held: 512)
        let view: View = [
            "id": state.id.description, "version": "\(state.version)", "title": state.title,
            "when": details.startsAt.map { visitor.venueTime($0, in: details.timeZone) }, "place": details.place,
            "venue": details.venue, "city": details.city, "section": details.section, "row": details.row,
            "note": details.note, "listed": visitor.localTime(state.createdAt), "live": "/live\(path)",
            "availability": ListingPages.live(availability, visitor), "started": false, "withdrawn": false, "own": nil,
            "buying": [
                "id": state.id.description, "none": false, "held": nil, "form": nil, "signIn": "?next=\(path)",
            ] as View, "elsewhere": nil,
        ]
        let head = PageHead(
            "\(state.title), Waldbühne, Berlin", description: "\(state.title), Waldbühne, Berlin", canonical: path,
            structured: ShowStructure(state, left: availability.left, url: path)?.json)
        return (view, head)
    }
}
