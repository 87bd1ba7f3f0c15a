import HTTPTypes
import Marketplace

/// An error response: RFC 9457 problem details, with the `errors` member that GitTix clients have always read.
struct Problem: Error, Sendable {
    /// One error of a request.
    struct Fault: Codable, Hashable, Sendable {
        var message: String
        var field: String?
    }

    var status: HTTPResponse.Status
    /// The kind of problem, for programs: the last part of the `type` member.
    var code: String
    var title: String
    var detail: String
    var errors: [Fault]
    /// The current price of one unit, with the code `price-changed`.
    var price: Int64?
    /// The time from which a new request may succeed, with the code `holds-lapsed`.
    var retryAt: Timestamp?
    /// The quantities that can be ordered now, with the code `quantity-not-offered`.
    var splits: [Int]?
    /// The limit that the price exceeds, with the code `price-above-cap`.
    var cap: PriceCap?
    /// Additional response headers, such as `Retry-After` and `Allow`.
    var headers: HTTPFields = [:]

    init(
        _ status: HTTPResponse.Status, _ code: String, _ title: String, _ detail: String, field: String? = nil,
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = [Fault(message: detail, field: field)]
        self.headers = headers
    }
}

// MARK: Problems of requests

extension Problem {
    /// 400, with the field of each error.
    static func invalid(_ errors: [Fault]) -> Problem {
        var problem = Problem(.badRequest, "invalid", "The request is not valid", errors.first?.message ?? "")
        problem.detail = errors.map { fault in fault.field.map { "\($0): \(fault.message)" } ?? fault.message }
            .joined(separator: "; ")
        problem.errors = errors
        return problem
    }

    static func invalid(_ message: String, field: String? = nil) -> Problem {
        invalid([Fault(message: message, field: field)])
    }

    /// - Parameter reason: What is wrong with the text.
    static func malformedJSON(_ reason: String) -> Problem {
        Problem(
            .badRequest, "malformed-json", "The body is not JSON",
            "the body must be a JSON object in UTF-8: \(reason)")
    }

    static let notJSON = Problem(
        .unsupportedMediaType, "not-json", "The body has the wrong type",
        "the body must be uncompressed application/json")

    static func tooLarge(limit: Int) -> Problem {
        // The rest of the body is not read.
        Problem(
            .contentTooLarge, "too-large", "The body is too large", "the body may have at most \(limit) bytes",
            headers: [.connection: "close"])
    }

    static let tooSlow = Problem(
        .requestTimeout, "too-slow", "The body arrived too slowly", "the body did not arrive in time: send it again",
        headers: [.connection: "close"])

    static let signedOut = Problem(
        .unauthorized, "signed-out", "Not signed in", "sign in to do this", headers: [.wwwAuthenticate: "Bearer"])

    static let badToken = Problem(
        .unauthorized, "bad-token", "The token is not valid",
        "the access token is invalid or has expired: sign in again, or refresh it",
        headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])

    static let banned = Problem(
        .forbidden, "banned", "The account is banned", "this account is banned and cannot be used")

    static func forbidden(_ detail: String) -> Problem { Problem(.forbidden, "forbidden", "Not allowed", detail) }

    static let foreignOrigin = forbidden("the request comes from a page of another site")

    static let notSeller = forbidden("only the seller may change this listing")

    static func notFound(_ thing: String) -> Problem {
        Problem(.notFound, "not-found", "Not found", "there is no such \(thing)")
    }

    static let noRoute = Problem(.notFound, "no-route", "Not found", "there is nothing at this address")

    static func method(allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        return Problem(
            .methodNotAllowed, "method-not-allowed", "Method not allowed", "this address allows \(list)",
            headers: [.allow: list])
    }

    static func tooMany(retryAfter seconds: Int) -> Problem {
        Problem(
            .tooManyRequests, "too-many-requests", "Too many requests",
            "too many attempts: try again in \(seconds) seconds",
            headers: [.retryAfter: String(seconds)])
    }

    static let keyReused = Problem(Refusal.keyReused)

    /// 503: the client may repeat the request later.
    static func unavailable(_ detail: String, retryAfter seconds: Int = 2) -> Problem {
        Problem(
            .serviceUnavailable, "unavailable", "Temporarily unavailable", detail,
            headers: [.retryAfter: String(seconds)])
    }

    static let `internal` = Problem(
        .internalServerError, "internal", "Something went wrong",
        "the request failed: the error is logged with the id of the request")
}

// MARK: Refusals of services

extension Problem {
    init(_ refusal: Refusal) {
        let (status, title) = Self.kind(of: refusal.code)
        self.init(status, refusal.code.kebab, title, refusal.message, field: refusal.field)
        price = refusal.price
        retryAt = refusal.retryAt
        splits = refusal.splits
        cap = refusal.cap
        if let retryAt { headers[.retryAfter] = String(max(1, (retryAt - .now()).components.seconds + 1)) }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
    }

    private static func kind(of code: Refusal.Code) -> (HTTPResponse.Status, String) {
        switch code {
        case .invalid: (.badRequest, "The request is not valid")
        case .wrongCredentials: (.badRequest, "Wrong e-mail address or password")
        case .lotDoesNotSplit: (.badRequest, "The tickets can't be sold by this split rule")
        case .seatsNotTogether: (.badRequest, "The seats are not next to each other")
        case .signedOut: (.unauthorized, "Not signed in")
        case .forbidden: (.forbidden, "Not allowed")
        case .banned: (.forbidden, Problem.banned.title)
        case .notFound: (.notFound, "Not found")
        case .conflict: (.conflict, "Not possible at the moment")
        case .emailTaken: (.conflict, "The e-mail address is in use")
        case .soldOut: (.conflict, "Sold out")
        case .quantityNotOffered: (.conflict, "This quantity can't be ordered")
        case .splitBusy: (.conflict, "Some tickets don't fit the new split rule")
        case .seatTaken: (.conflict, "A seat is already listed")
        case .seatNotYours: (.conflict, "A seat belongs to somebody else")
        case .tooManyHolds: (.conflict, "Too many unpaid orders")
        case .tooManyUnits: (.conflict, "Too many tickets of one listing")
        case .holdsLapsed: (.conflict, "Too many orders were not paid")
        case .newSellerLimit: (.conflict, "The offer is too large for a new seller")
        case .priceAboveCap: (.conflict, "The price is above the limit for this place")
        case .priceChanged: (.conflict, "The price has changed")
        case .withdrawn: (.conflict, "No longer on sale")
        case .showStarted: (.conflict, "The event has started")
        case .notPayable: (.conflict, "The order can't be paid")
        case .notCancellable: (.conflict, "The order can't be cancelled")
        // Only `If-Match` requires a version (RFC 9110, section 13.1.1).
        case .staleVersion: (.preconditionFailed, "The object has changed since you read it")
        case .keyReused: (.unprocessableContent, "The Idempotency-Key was used for a different request")
        }
    }
}

extension Refusal.Code {
    /// The code in kebab case: `sold-out`.
    var kebab: String {
        rawValue.reduce(into: "") { text, character in
            if character.isUppercase { text += "-" }
            text += character.lowercased()
        }
    }
}
