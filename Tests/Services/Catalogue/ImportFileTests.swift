import Marketplace
import Testing

@testable import Services

/// The formats of imported files, and malformed files.
@Suite struct ImportFileTests {
    private static let header = "id,title,performers,venue,city,country,time_zone,start,end,status\n"
    private static let berlin = "Waldbühne,Berlin,DE,Europe/Berlin"

    private func csv(_ rows: String) throws -> ImportFile { try ImportFile(Array((Self.header + rows).utf8), as: .csv) }

    private func message(_ body: () throws -> some Any) -> String {
        do {
            _ = try body()
            return "accepted"
        } catch { return "\(error)" }
    }

    /// The rows' results, by line.
    private func results(_ file: ImportFile) -> [Int: Result<ImportedPerformance, Refusal>] {
        Dictionary(uniqueKeysWithValues: file.records.map { ($0.line, $0.performance(zones: [])) })
    }

    private func refusal(_ result: Result<ImportedPerformance, Refusal>?) -> String {
        guard case .failure(let refusal) = result else { return "\(String(describing: result))" }
        return refusal.message
    }

    // MARK: CSV

    @Test func quotesCommasAndLineBreaksAreRead() throws {
        let file = try csv(
            "1,\"Tristan, und \"\"Isolde\"\"\",A|B ,\"Wald\r\n bühne\",Berlin,de,Europe/Berlin,2027-05-01 19:30,,\r\n\r\n"
                + "2,x,,y,z,,,2027-05-01T20:00Z,,postponed")
        #expect(file.problems.isEmpty)
        #expect(file.records.map(\.title) == ["Tristan, und \"Isolde\"", "x"])
        #expect(file.records[0].performers == ["A", "B"] && file.records[0].venue == "Wald bühne")
        #expect(file.records.map(\.line) == [2, 5])
        #expect(file.records[0].country == "DE" && file.records[1].status == .postponed)
        let performance = try #require(try results(file)[2]?.get())
        #expect(performance.times.startsAt.description == "2027-05-01T17:30:00.000Z")
    }

    @Test func aByteOrderMarkIsSkipped() throws {
        let text = "\u{feff}" + Self.header + "1,a,,b,c,DE,Europe/Berlin,2027-05-01T20:00,,"
        #expect(try ImportFile(Array(text.utf8), as: .csv).records.count == 1)
    }

    @Test func aBrokenRowAffectsNoOther() throws {
        let good = { (id: Int) in "\(id),t\(id),,\(Self.berlin),2027-05-01T20:00,,\n" }
        let broken = [
            "8,\"never closed,,\(Self.berlin),2027-05-01T20:00,,\n", "8,a\"b,,\(Self.berlin),2027-05-01T20:00,,\n",
            "8,too,few\n", "8,\"a\"b,,\(Self.berlin),2027-05-01T20:00,,\n",
            "8,\(String(repeating: "x", count: 5000)),,\(Self.berlin),2027-05-01T20:00,,\n",
            "8,status,,\(Self.berlin),2027-05-01T20:00,,maybe\n", String(repeating: ",", count: 200) + "\n",
        ]
        for row in broken {
            let file = try csv(good(1) + row + good(2) + good(3))
            #expect(file.records.map(\.externalId) == ["1", "2", "3"], "\(row.prefix(60))")
            #expect(file.problems.map(\.line) == [3], "\(row.prefix(60)): \(file.problems)")
        }
        var bytes = Array((Self.header + good(1) + "8,").utf8) + [0xff, 0xfe]
        bytes += Array((",,\(Self.berlin),2027-05-01T20:00,,\n" + good(2)).utf8)
        let file = try ImportFile(bytes, as: .csv)
        #expect(file.records.count == 2 && file.problems.map(\.line) == [3])
        #expect(file.problems[0].message.contains("UTF-8"))
    }

    @Test(arguments: [
        ("", "empty"), ("id;title;venue;city;start\n1;a;b;c;d", "not separated by commas"),
        ("id,title,venue,city,when\n", "no column “when”"), ("id,title,venue,city\n", "“start” is missing"),
        ("id,id,title,venue,city,start\n", "twice"), ("<html><body>Not found</body></html>", "no column"),
    ])
    func aFileThatIsNoneIsRefused(text: String, hint: String) {
        let message = message { try ImportFile(Array(text.utf8), as: .csv) }
        #expect(message.contains(hint), "\(message)")
    }

    @Test func aFileHasBounds() {
        let rows = (0...ImportLimits.rows).map { "\($0),t\($0),,\(Self.berlin),2027-05-01T20:00,,\n" }.joined()
        #expect(message { try csv(rows) }.contains("more than 50000 rows"))
        let huge = [UInt8](repeating: 0x20, count: ImportLimits.bytes + 1)
        for format in ImportFile.Format.allCases {
            #expect(message { try ImportFile(huge, as: format) }.contains("32 MiB"))
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(message { try ImportFile(Array(deep.utf8), as: .jsonld) }.contains("nested"))
    }

    @Test func aRowThatRepeatsAnIdOrPlaceIsReportedByItsLine() throws {
        let file = try csv(
            "1,a,,\(Self.berlin),2027-05-01T20:00,,\n1,b,,\(Self.berlin),2027-05-02T20:00,,\n"
                + "2,A,,\(Self.berlin),2027-05-01T20:00,,\n3,a,,\(Self.berlin),2027-05-01T20:00,,cancelled\n")
        #expect(file.records.map(\.externalId) == ["1"])
        #expect(file.problems.map(\.line) == [3, 4])
        #expect(file.problems.allSatisfy { $0.message.hasPrefix("line 2 has the same") })
    }

    @Test func aVenueIsDescribedOnOneOfItsRows() throws {
        let file = try csv(
            "1,a,,Halle,Kiel,,,2027-05-01T20:00,,\n2,b,,Halle,Kiel,DE,Europe/Berlin,2027-05-02T20:00,,\n")
        let performance = try #require(try results(file)[2]?.get())
        #expect(performance.venue.country == "DE" && performance.venue.timeZone == "Europe/Berlin")
    }

    // MARK: Times

    @Test(arguments: [
        ("2027-03-28T02:30", "does not exist in Europe/Berlin"),
        ("2027-10-31T02:30", "2027-10-31T02:30+02:00 or 2027-10-31T02:30+01:00"),
        ("2027-05-01", "no time of day"), ("2027-02-30T20:00", "must be a date and a time"),
        ("tomorrow", "must be a date and a time"), ("2027-05-01T20:00+25:00", "must be a date and a time"),
        ("", "start is missing"),
    ])
    func aTimeThatIsNoneIsExplained(start: String, hint: String) throws {
        let file = try csv("1,a,,\(Self.berlin),\(start),,\n")
        let message = refusal(results(file)[2])
        #expect(message.contains(hint), "\(message)")
    }

    @Test(arguments: [
        ("2027-05-01T20:00", "18:00"), ("2027-05-01 20:00:00", "18:00"), ("2027-05-01T20:00+02:00", "18:00"),
        ("2027-05-01T20:00:00.250+0200", "18:00"), ("2027-05-01t18:00z", "18:00"), ("2027-10-31T02:30+01:00", "01:30"),
    ])
    func aTimeIsReadInTheZoneOfItsRow(start: String, utc: String) throws {
        let performance = try #require(try results(csv("1,a,,\(Self.berlin),\(start),,\n"))[2]?.get())
        #expect(performance.times.startsAt.description.dropFirst(11).hasPrefix(utc))
    }

    @Test func theZoneIsTheRowsOrTheVenues() throws {
        var record = ImportRecord(line: 1)
        (record.externalId, record.title, record.venue, record.city) = ("1", "a", "b", "c")
        (record.start, record.category) = ("2027-05-01T20:00", "other")
        func start(_ zones: [String]) -> String {
            switch record.performance(zones: zones) {
            case .success(let performance): String(performance.times.startsAt.description.dropFirst(11).prefix(2))
            case .failure(let refusal): refusal.message
            }
        }
        #expect(start([]).contains("The catalogue has no such venue"))
        #expect(start(["Asia/Tokyo", "Europe/Berlin"]).contains("2 such venues"))
        record.venueTimeZone = "Europe/Berlin"
        #expect(start([]) == "18")
        #expect(start(["Asia/Tokyo"]) == "11")
        record.timeZone = "Europe/London"
        #expect(start(["Asia/Tokyo"]) == "19")
        record.timeZone = "Etc/GMT+5"
        #expect(start([]).contains("time zone is not known"))
    }

    @Test func anEndBeforeTheStartIsRefused() throws {
        let file = try csv("1,a,,\(Self.berlin),2027-05-01T20:00,2027-05-01T19:00,\n")
        #expect(refusal(results(file)[2]).contains("end must be after the start"))
    }

    @Test func markupIsTextAndControlCharactersAreRefused() throws {
        let markup = "<script>alert(1)</script>"
        let file = try csv("\(markup),\(markup),\(markup),\(markup),\(markup),DE,Europe/Berlin,2027-05-01T20:00,,\n")
        let performance = try #require(try results(file)[2]?.get())
        #expect(performance.event.title == markup && performance.venue.name == markup)
        for text in ["a\u{0}b", "a\u{1b}[2Jb", String(repeating: "a", count: 301)] {
            #expect(refusal(results(try csv("1,\(text),,\(Self.berlin),2027-05-01T20:00,,\n"))[2]).contains("title"))
        }
    }

    @Test func theDigestsDistinguishRowsAndEvents() throws {
        let file = try csv(
            "1,a,P|Q,\(Self.berlin),2027-05-01T20:00,,\n2,A,q|p,\(Self.berlin),2027-05-02T20:00,,\n"
                + "3,a,P,\(Self.berlin),2027-05-03T20:00,,\n")
        let rows = try file.records.map { try $0.performance(zones: []).get() }
        #expect(Set(rows.map(\.digest)).count == 3 && rows[0].eventDigest != rows[2].eventDigest)
        #expect(try file.records[0].performance(zones: ["Europe/Berlin"]).get().digest == rows[0].digest)
    }
}
