import Foundation
import Marketplace
import Services
import Testing

@testable import API

struct LocalTimeTests {
    private static let berlin = TimeZone(identifier: "Europe/Berlin") ?? .gmt

    @Test("A local time has one moment, none if clocks skip it, and two if they go back over it")
    func moments() throws {
        func moments(_ text: String) -> [String]? { LocalTime.moments(text, in: Self.berlin)?.map(\.description) }
        #expect(moments("2027-07-01T20:00") == ["2027-07-01T18:00:00.000Z"])
        #expect(moments("2027-12-01T20:00:30") == ["2027-12-01T19:00:30.000Z"])
        #expect(moments("2027-03-28T02:30") == [] && moments("2027-03-28T02:00") == [])
        #expect(moments("2027-03-28T03:00") == ["2027-03-28T01:00:00.000Z"])
        #expect(moments("2027-10-31T02:30") == ["2027-10-31T00:30:00.000Z", "2027-10-31T01:30:00.000Z"])
        #expect(moments("2027-10-31T03:00") == ["2027-10-31T02:00:00.000Z"])
        for wrong in ["2027-02-30T20:00", "2027-01-01", "27-1-1T1:00", "2027-01-01T24:00", "1969-01-01T00:00", "x", ""]
        {
            #expect(moments(wrong) == nil, "\(wrong)")
        }
        let summer = try #require(Timestamp("2027-07-01T18:00:00Z"))
        #expect(LocalTime.text(of: summer, in: Self.berlin) == "2027-07-01T20:00")
        #expect(LocalTime.choice(of: summer, in: Self.berlin).isEmpty)
        let second = try #require(Timestamp("2027-10-31T01:30:00Z"))
        #expect(LocalTime.choice(of: second, in: Self.berlin) == "3600")
    }

    @Test(
        "Only time zones that are named after places are accepted for a venue",
        arguments: [
            ("Europe/Berlin", true), ("America/Argentina/Buenos_Aires", true), ("US/Pacific", true),
            ("Asia/Calcutta", true),
            ("EST", false), ("Etc/GMT+5", false), ("UTC", false), ("GMT", false), ("GMT+0200", false),
            ("Europe", false),
            ("Europe/Nowhere", false), ("", false),
        ])
    func geographicalZones(name: String, isGeographical: Bool) {
        #expect(TimeZones.isGeographical(name) == isGeographical)
    }

    @Test("Cities are known by their names in other languages")
    func cities() throws {
        for (name, zone) in [
            ("Vienna", "Europe/Vienna"), ("wien", "Europe/Vienna"), ("KÖLN", "Europe/Berlin"),
            ("koln", "Europe/Berlin"),
            ("Cologne", "Europe/Berlin"), ("new york", "America/New_York"), ("東京", "Asia/Tokyo"),
        ] {
            #expect(KnownCity.timeZone(of: name)?.identifier == zone, "\(name)")
        }
        let time = try #require(Timestamp("2027-07-01T18:00:00Z"))
        #expect(KnownCity.otherTimeZone(of: "New York", than: Self.berlin, at: time.date) == "America/New_York")
        #expect(KnownCity.otherTimeZone(of: "Wien", than: Self.berlin, at: time.date) == nil)
        #expect(KnownCity.otherTimeZone(of: "Nowhere", than: Self.berlin, at: time.date) == nil)
        let zones = Set(KnownCity.all.map(\.timeZone))
        #expect(zones.allSatisfy(TimeZones.isGeographical) && KnownCity.all.count > 100)
    }
}
