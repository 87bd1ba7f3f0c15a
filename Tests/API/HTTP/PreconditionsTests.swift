import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Testing

@testable import API

/// RFC 9110, section 13.
@Suite struct PreconditionsTests {
    private let tag = EntityTag(text: "7.3-1.0.0")

    private func version(_ headers: HTTPFields) throws(Problem) -> Int64? {
        try Preconditions(headers).requiredVersion(current: 7, tag: tag)
    }

    @Test(
        arguments: [
            (nil, nil), ("*", nil), ("\"7\"", 7), ("\"7.3-1.0.0\"", 7), ("\"7.2-1.0.0\"", 7), ("\"6\"", 6),
            ("\"5\", \"7\"", 7), ("\"5\",\"6\"", 6), ("W/\"7\", \"6\"", 6), ("\"a,b\", \"7\"", 7), (", \"7\" ,", 7),
        ] as [(String?, Int64?)])
    func ifMatchRequiresAVersion(text: String?, required: Int64?) throws {
        #expect(try version(text.map { [.ifMatch: $0] } ?? [:]) == required)
    }

    @Test(arguments: ["W/\"7\"", "\"x\"", "\"\"", "\"-7\"", "\"+7\"", "\"99999999999999999999\""])
    func aTagThatIsNoVersionNeverMatches(text: String) {
        #expect(throws: Problem.preconditionFailed) { try version([.ifMatch: text]) }
    }

    @Test(arguments: ["7", "\"7", "\"7\" \"8\"", "", ",", "\"7\", *", "\"a b\""])
    func malformedTagsAreRefused(text: String) throws {
        for name in [HTTPField.Name.ifMatch, .ifNoneMatch] {
            let problem = #expect(throws: Problem.self) { try version([name: text]) }
            #expect(problem?.status == .badRequest && problem?.errors.first?.field == name.canonicalName)
        }
    }

    @Test func ifNoneMatchRefusesAChangeOfWhatExists() throws {
        for text in ["*", "\"7.3-1.0.0\"", "W/\"7.3-1.0.0\"", "\"1\", \"7.3-1.0.0\""] {
            #expect(throws: Problem.preconditionFailed) { try version([.ifNoneMatch: text]) }
        }
        #expect(try version([.ifNoneMatch: "\"6.3-1.0.0\""]) == nil)
    }

    // MARK: Reading

    private func response(_ headers: HTTPFields, _ method: HTTPRequest.Method = .get) throws -> Response {
        let request = Request(
            head: HTTPRequest(method: method, scheme: "http", authority: "a", path: "/", headerFields: headers),
            body: .init(buffer: ByteBuffer()))
        return try Response.json(["a": 1], headers: [.eTag: tag.header, .vary: "Accept-Encoding"])
            .onCondition(of: request)
    }

    @Test func aRepresentationThatTheClientHasIsNotSentAgain() throws {
        for text in ["\"7.3-1.0.0\"", "W/\"7.3-1.0.0\"", "*", "\"1\", \"7.3-1.0.0\""] {
            for method in [HTTPRequest.Method.get, .head] {
                let response = try response([.ifNoneMatch: text], method)
                #expect(response.status == .notModified && response.body.contentLength == 0)
                #expect(response.headers[.eTag] == tag.header && response.headers[.vary] == "Accept-Encoding")
                #expect(response.headers[.contentType] == nil)
            }
            #expect(try response([.ifNoneMatch: text], .post).status == .ok)
        }
        for text in ["\"7.2-1.0.0\"", "7.3-1.0.0", "\"7\""] {
            #expect(try response([.ifNoneMatch: text]).status == .ok)
        }
    }

    @Test func aReadCanRequireARepresentation() throws {
        #expect(try response([.ifMatch: tag.header]).status == .ok)
        #expect(throws: Problem.preconditionFailed) { try response([.ifMatch: "\"7.2-1.0.0\""]) }
        #expect(throws: Problem.preconditionFailed) { try response([.ifMatch: "W/" + tag.header]) }
    }
}

extension Problem: Equatable {
    static func == (one: Problem, other: Problem) -> Bool {
        one.status == other.status && one.code == other.code
    }
}
