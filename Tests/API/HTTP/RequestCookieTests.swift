import HTTPTypes
import Hummingbird
import Testing

@testable import API

@Suite struct RequestCookieTests {
    private func request(_ cookies: String...) -> Request {
        var head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
        for cookie in cookies { head.headerFields.append(HTTPField(name: .cookie, value: cookie)) }
        return Request(head: head, body: .init(buffer: .init()))
    }

    @Test func theFirstCookieWithTheNameIsRead() {
        let request = request("tz=Europe%2FOslo; a=1;\tb=2=3;c=; a=4", "d=5; ab=6")
        for (name, value) in [("tz", "Europe%2FOslo"), ("a", "1"), ("b", "2=3"), ("c", ""), ("d", "5"), ("ab", "6")] {
            #expect(request.cookie(name) == value, "\(name)")
        }
        for name in ["t", "tzz", "e", "A"] { #expect(request.cookie(name) == nil, "\(name)") }
        #expect(self.request().cookie("a") == nil)
        #expect(self.request("a", ";;a=;").cookie("a") == "")
    }
}
