import FoundationEssentials
import HTTPTypes
import Hummingbird
import Marketplace

/// The members of `application/problem+json` (RFC 9457, section 3.1), and the additional members of this API:
/// `requestId`, `errors`, `price`, `retryAt`, `splits`, `max`, `basis`, `policy`, `source`.
struct ProblemDocument: Encodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    /// The path of the request.
    let instance: String
    let requestId: String
    let errors: [Problem.Fault]
    let price: Int64?
    let retryAt: Timestamp?
    let splits: [Int]?
    let max: Int64?
    let basis: PricePolicy.Basis?
    let policy: String?
    let source: String?

    init(_ problem: Problem, path: String, requestID: String) {
        type = "urn:gittix:problem:\(problem.code)"
        title = problem.title
        status = problem.status.code
        detail = problem.detail
        instance = path
        requestId = requestID
        errors = problem.errors
        price = problem.price
        retryAt = problem.retryAt
        splits = problem.splits
        max = problem.cap?.max
        basis = problem.cap?.basis
        policy = problem.cap?.policy
        source = problem.cap?.source
    }
}

extension Problem {
    /// The JSON of the document.
    func document(path: String, requestID: String) -> [UInt8] {
        ResponseJSON.encode(ProblemDocument(self, path: path, requestID: requestID))
    }

    func response(path: String, requestID: String) -> Response {
        let document = document(path: String(path.prefix(200)), requestID: requestID)
        var response = Response.json(bytes: document, status: status)
        response.headers[.contentType] = "application/problem+json"
        for field in headers { response.headers[field.name] = field.value }
        return response
    }
}
