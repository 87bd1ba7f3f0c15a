import Marketplace
import Testing

@testable import Services

/// JSON-LD and calendars.
@Suite struct ImportFormatTests {
    private func read(_ text: String, _ format: ImportFile.Format) throws -> ImportFile {
        try ImportFile(Array(text.utf8), as: format)
    }

    private static let concert: String = """
        {"@type": "MusicEvent", "@id": "https://x.example/1", "name": "Vespertine", "startDate": "2027-05-01T20:00+02:00",
         "endDate": "2027-05-01T23:00+02:00", "doorTime": "2027-05-01T19:00+02:00",
         "performer": [{"@type": "Person", "name": "Björk"}, "Choir"],
         "location": [{"@type": "VirtualLocation"}, {"@type": "Place", "name": "Waldbühne", "address": {
            "streetAddress": "Am Glockenturm", "addressLocality": "Berlin", "addressRegion": "BE",
            "addressCountry": {"@type": "Country", "name": "DE"}}}]}
        """

    // MARK: JSON-LD

    @Test(arguments: [
        concert, "[\(concert)]", #"{"@context": "https://schema.org", "@graph": [\#(concert)]}"#,
        #"{"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "item": \#(concert)}]}"#,
    ])
    func anEventIsReadWhereverItIs(text: String) throws {
        let file = try read(text, .jsonld)
        #expect(file.problems.isEmpty)
        let record = try #require(file.records.first)
        #expect(
            [record.externalId, record.title, record.category] == ["https://x.example/1", "Vespertine", "concert"])
        #expect(record.performers == ["Björk", "Choir"])
        #expect([record.venue, record.address, record.city] == ["Waldbühne", "Am Glockenturm", "Berlin"])
        #expect([record.country, record.place] == ["DE", "DE-BE"])
        let performance = try record.performance(zones: []).get()
        #expect(performance.times.startsAt.description == "2027-05-01T18:00:00.000Z")
        #expect(performance.times.doorsAt != nil && performance.times.endsAt != nil)
    }

    @Test func aBrokenEventIsReportedByItsLine() throws {
        let file = try read(
            """
            [\(Self.concert.replacing("\n", with: " ")),
            7,
            {"@type": "Recipe", "name": "Soup"},
            {"@type": "Event", "@id": {"a": 1}, "name": ["x"], "startDate": 5, "location": []},
            {"@type": ["Thing", "SportsEvent"], "@id": "2", "eventStatus": "https://schema.org/EventPostponed"},
            {"@type": "Event", "@id": "3", "eventStatus": "https://schema.org/EventMovedOnline"}]
            """, .jsonld)
        #expect(file.problems.map(\.line) == [2, 3, 6])
        #expect(file.records.map(\.line) == [1, 4, 5])
        #expect(file.records[2].status == .postponed && file.records[2].category == "sport")
        guard case .failure(let refusal) = file.records[1].performance(zones: []) else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.message == "The id is missing.")
    }

    @Test func invalidJSONIsReportedByItsLine() {
        let error = #expect(throws: ImportFileError.self) { try read("[\n\(Self.concert),\n{]", .jsonld) }
        #expect(error?.message.hasPrefix("line 8: invalid JSON") == true, "\(String(describing: error))")
    }

    // MARK: Calendars

    private func calendar(_ events: String...) -> String {
        let lines = ["BEGIN:VCALENDAR", "VERSION:2.0"] + events + ["END:VCALENDAR", ""]
        return lines.joined(separator: "\n").replacing("\n", with: "\r\n")
    }

    private func event(_ uid: String, _ lines: String...) -> String {
        (["BEGIN:VEVENT", "UID:\(uid)", "SUMMARY:Vespertine"] + lines + ["END:VEVENT"]).joined(separator: "\n")
    }

    @Test func anEventOfACalendarIsRead() throws {
        let file = try read(
            calendar(
                event(
                    "1@x", "DTSTART;TZID=\"Europe/Berlin\":20270501T200000", "DTEND;TZID=Europe/Berlin:20270501T230000",
                    "LOCATION:Wald\n bühne\\, Am Glockenturm\\, Berlin\\, DE", "CATEGORIES:Tour,Concert",
                    "BEGIN:VALARM\nSUMMARY:Wake up\nEND:VALARM", "X-NOTE;A=\"b:c\":d"),
                event(
                    "2@x", "RECURRENCE-ID:20270502T180000Z", "DTSTART:20270502T180000Z", "LOCATION:Harpa, Reykjavík",
                    "STATUS:CANCELLED")), .ics)
        #expect(file.problems.isEmpty)
        let record = try #require(file.records.first)
        #expect([record.venue, record.address, record.city] == ["Waldbühne", "Am Glockenturm", "Berlin"])
        #expect([record.title, record.country, record.category] == ["Vespertine", "DE", "concert"])
        let times = try record.performance(zones: []).get().times
        #expect(times.startsAt.description == "2027-05-01T18:00:00.000Z")
        #expect(times.endsAt?.description == "2027-05-01T21:00:00.000Z")
        #expect(file.records[1].externalId == "2@x/20270502T180000Z" && file.records[1].status == .cancelled)
        #expect(file.records[1].start == "2027-05-02T18:00:00Z" && file.records[1].city == "Reykjavík")
    }

    @Test func aBrokenEventOfACalendarAffectsNoOther() throws {
        let good = event("9@x", "DTSTART:20270502T180000Z", "LOCATION:Harpa, Reykjavík")
        for lines in [
            "RRULE:FREQ=DAILY", "no property", "X-LONG:\(String(repeating: "x", count: 5000))",
            "DTSTART;TZID=Europe/Berlin:20270501T200000\nDTEND;TZID=Asia/Tokyo:20270501T230000",
        ] {
            let file = try read(calendar(event("1@x", lines), good), .ics)
            #expect(file.records.map(\.externalId) == ["9@x"], "\(lines.prefix(40))")
            #expect(file.problems.count == 1 && (3...6).contains(file.problems[0].line), "\(file.problems)")
        }
        let cut = try read(calendar(good).replacing("END:VEVENT", with: ""), .ics)
        #expect(cut.records.isEmpty && cut.problems.map(\.line) == [3])
        let twice = try read(calendar("BEGIN:VEVENT\nUID:1@x", good), .ics)
        #expect(twice.records.map(\.externalId) == ["9@x"] && twice.problems.map(\.line) == [3])
        for text in ["", "BEGIN:VCARD\nEND:VCARD", "<html>"] {
            #expect(throws: ImportFileError.self) { try read(text, .ics) }
        }
        let day = try read(calendar(event("1@x", "DTSTART;VALUE=DATE:20270501", "LOCATION:a, b")), .ics)
        guard case .failure(let refusal) = day.records[0].performance(zones: []) else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.message.contains("no time of day"))
    }

    // MARK: Any bytes

    /// A linear generator, so that a failure can be repeated.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 33)
        }
    }

    /// Valid files in which bytes were changed, cut out and inserted: each is read or refused, in bounded time.
    @Test func damagedFilesAreReadOrRefused() throws {
        let csv = #"""
            id,title,performers,venue,city,country,time_zone,start,end,status
            1,"Tristan, und ""Isolde""",A|B,"Wald
            bühne",Berlin,DE,Europe/Berlin,2027-05-01 19:30,,postponed
            2,x,,y,z,,,2027-05-01T20:00Z,,
            """#
        let calendar = calendar(
            event("1@x", "DTSTART;TZID=\"Europe/Berlin\":20270501T200000", "LOCATION:Wald\n bühne\\, Berlin"))
        let sources: [(String, ImportFile.Format)] = [(csv, .csv), ("[\(Self.concert)]", .jsonld), (calendar, .ics)]
        let odd: [UInt8] = Array("\",\n\r\\{}[]:; \t".utf8) + [0, 0xff, 0xc3, 0x80]
        for seed in 0..<2000 as Range<UInt64> {
            var numbers = Numbers(state: seed)
            let (text, format) = sources[Int(seed % 3)]
            var bytes = Array(text.utf8)
            for _ in 0...Int.random(in: 0..<6, using: &numbers) {
                let place = Int.random(in: bytes.indices, using: &numbers)
                switch Int.random(in: 0..<4, using: &numbers) {
                case 0: bytes[place] = odd.randomElement(using: &numbers) ?? 0
                case 1: bytes.insert(odd.randomElement(using: &numbers) ?? 0, at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + 9))
                default: bytes.append(contentsOf: bytes[place...])
                }
                if bytes.isEmpty { bytes = [0] }
            }
            guard let file = try? ImportFile(bytes, as: format) else { continue }
            let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            for record in file.records {
                #expect((1...lines).contains(record.line), "seed \(seed)")
                // A row that is accepted keeps the catalogue's limits.
                if case .success(let row) = record.performance(zones: []) {
                    #expect(row.refusal == nil, "seed \(seed)")
                }
            }
            #expect(file.problems.allSatisfy { (1...lines).contains($0.line) }, "seed \(seed): \(file.problems)")
        }
    }
}
