import Bootstrap
import Testing

@Suite struct TraceContextTests {
    @Test func aHeaderIsParsedAndWritten() throws {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let trace = try #require(TraceContext(traceparent: header))
        #expect(trace.traceparent == header)
        let child = trace.child()
        #expect(child.traceID == trace.traceID)
        #expect(child.spanID != trace.spanID)
        #expect(TraceContext(traceparent: TraceContext().traceparent) != nil)
        #expect(TraceContext(traceparent: "cc" + header.dropFirst(2) + "-later")?.traceID == trace.traceID)
    }

    @Test func tracesHaveDifferentIDs() {
        let ids = (0..<1000).map { _ in TraceContext().traceID }
        #expect(Set(ids).count == ids.count)
    }

    @Test(arguments: [
        "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
    ])
    func aMalformedHeaderIsRefused(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }
}
