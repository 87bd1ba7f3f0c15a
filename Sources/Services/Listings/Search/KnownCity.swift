package import Foundation

/// Cities where many shows take place: their time zones, and their names in other languages.
///
/// The zones are IANA names; the city names are the exonyms in common use. Cities that are not in the table can be
/// entered and searched as well.
package struct KnownCity: Hashable, Sendable {
    package let timeZone: String
    /// The local name first.
    package let names: [String]

    /// The cities that have the name in any of the languages. Several cities may share a name.
    package static func named(_ name: String) -> [KnownCity] { byName[folded(name)] ?? [] }

    /// The other names of the cities with this name.
    static func otherNames(of name: String) -> [String] {
        let key = folded(name)
        return Set(named(name).flatMap(\.names)).filter { folded($0) != key }.sorted()
    }

    /// The text in lower case, without accents, punctuation or double spaces.
    package static func folded(_ text: String) -> String {
        if let folded = foldedASCII(text) { return folded }
        let letters = text.folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
            .replacing("ß", with: "ss").replacing("ø", with: "o").replacing("ł", with: "l").replacing("æ", with: "ae")
        return letters.split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
    }

    /// The same for a text that is ASCII, without the tables of Unicode. Nil for any other text.
    private static func foldedASCII(_ text: String) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var isBetweenWords = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                if isBetweenWords, !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
                isBetweenWords = false
                bytes.append(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte)
            case ..<0x80: isBetweenWords = true
            default: return nil
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// All names, with their folded forms.
    static let foldedNames: [(name: String, key: String)] = all.flatMap(\.names).map { ($0, folded($0)) }

    package static let all: [KnownCity] = table.split(separator: "\n").compactMap { line in
        guard let space = line.firstIndex(of: " ") else { return nil }
        let names = line[line.index(after: space)...].split(separator: "|").map(String.init)
        return KnownCity(timeZone: String(line[..<space]), names: names)
    }

    private static let byName: [String: [KnownCity]] = {
        var cities: [String: [KnownCity]] = [:]
        for city in all {
            for name in Set(city.names.map(folded)) { cities[name, default: []].append(city) }
        }
        return cities
    }()
}

extension KnownCity {
    /// The time zone of a city by its name, if all cities of that name are in one zone.
    package static func timeZone(of name: String) -> TimeZone? {
        let zones = Set(named(name).map(\.timeZone))
        return zones.count == 1 ? zones.first.flatMap(TimeZone.init(identifier:)) : nil
    }

    /// The known zone of the city, if its local time at that moment differs from the local time of the given zone.
    package static func otherTimeZone(of name: String, than zone: TimeZone, at time: Date) -> String? {
        let zones = named(name).map(\.timeZone)
        let offset = zone.secondsFromGMT(for: time)
        let agrees = zones.contains { TimeZone(identifier: $0)?.secondsFromGMT(for: time) == offset }
        return agrees ? nil : zones.first
    }
}

extension KnownCity {
    private static let table = """
        Africa/Cairo Cairo|القاهرة|Kairo|Le Caire|El Cairo|Il Cairo
        Africa/Casablanca Casablanca|الدار البيضاء
        Africa/Johannesburg Cape Town|Kapstadt|Le Cap|Ciudad del Cabo|Kaapstad
        Africa/Johannesburg Johannesburg
        Africa/Lagos Lagos
        Africa/Nairobi Nairobi
        America/Argentina/Buenos_Aires Buenos Aires
        America/Bogota Bogotá
        America/Chicago Chicago
        America/Chicago Austin
        America/Chicago Dallas
        America/Chicago Houston
        America/Chicago Nashville
        America/Chicago New Orleans|La Nouvelle-Orléans|Nueva Orleans
        America/Denver Denver
        America/Lima Lima
        America/Los_Angeles Los Angeles|LA
        America/Los_Angeles Las Vegas
        America/Los_Angeles San Francisco
        America/Los_Angeles Seattle
        America/Mexico_City Ciudad de México|Mexico City|Mexiko-Stadt|Mexico|CDMX
        America/New_York New York|New York City|NYC|Nueva York|Nowy Jork|Nova York
        America/New_York Atlanta
        America/New_York Boston
        America/New_York Miami
        America/New_York Philadelphia|Philadelphie|Filadelfia
        America/New_York Washington|Washington DC
        America/Santiago Santiago|Santiago de Chile
        America/Sao_Paulo São Paulo
        America/Sao_Paulo Rio de Janeiro|Rio
        America/Toronto Toronto
        America/Toronto Montréal|Montreal
        America/Vancouver Vancouver
        Asia/Bangkok Bangkok|กรุงเทพมหานคร|กรุงเทพ
        Asia/Dubai Dubai|دبي
        Asia/Hong_Kong Hong Kong|Hongkong|香港
        Asia/Jakarta Jakarta
        Asia/Jerusalem Tel Aviv|תל אביב
        Asia/Kolkata Mumbai|Bombay
        Asia/Kolkata Delhi|New Delhi
        Asia/Kuala_Lumpur Kuala Lumpur
        Asia/Manila Manila
        Asia/Riyadh Riyadh|الرياض|Riad
        Asia/Seoul Seoul|서울|Séoul|Seúl|Seul
        Asia/Shanghai Beijing|北京|Peking|Pékin|Pekín|Pechino
        Asia/Shanghai Shanghai|上海|Schanghai|Shanghái
        Asia/Singapore Singapore|Singapur|Singapour|新加坡
        Asia/Taipei Taipei|台北|臺北|Taipeh
        Asia/Tokyo Tōkyō|Tokyo|東京|Tokio|도쿄
        Asia/Tokyo Ōsaka|Osaka|大阪
        Atlantic/Reykjavik Reykjavík|Reykjavik|Reikiavik
        Australia/Brisbane Brisbane
        Australia/Melbourne Melbourne
        Australia/Perth Perth
        Australia/Sydney Sydney
        Europe/Amsterdam Amsterdam
        Europe/Amsterdam Rotterdam
        Europe/Amsterdam Den Haag|The Hague|La Haye|La Haya
        Europe/Athens Athína|Αθήνα|Athens|Athen|Athènes|Atenas|Atene
        Europe/Belgrade Beograd|Belgrade|Belgrad|Belgrado|Београд
        Europe/Berlin Berlin|Berlín|Berlino|Берлин
        Europe/Berlin Dortmund
        Europe/Berlin Dresden|Dresde|Drážďany|Drezno
        Europe/Berlin Düsseldorf|Duesseldorf
        Europe/Berlin Frankfurt|Frankfurt am Main|Francfort|Fráncfort|Francoforte
        Europe/Berlin Hamburg|Hambourg|Hamburgo|Amburgo
        Europe/Berlin Hannover|Hanover|Hanovre
        Europe/Berlin Köln|Koeln|Cologne|Colonia|Keulen|Kolonia
        Europe/Berlin Leipzig|Lipsko|Lipsia
        Europe/Berlin München|Muenchen|Munich|Múnich|Monaco di Baviera|Monachium|Mnichov
        Europe/Berlin Nürnberg|Nuernberg|Nuremberg|Norimberga
        Europe/Berlin Stuttgart|Stoccarda
        Europe/Bratislava Bratislava|Pressburg|Pozsony
        Europe/Brussels Bruxelles|Brussel|Brussels|Brüssel|Bruselas
        Europe/Brussels Antwerpen|Antwerp|Anvers|Amberes
        Europe/Bucharest București|Bucharest|Bukarest|Bucarest
        Europe/Budapest Budapest|Budapeszt
        Europe/Copenhagen København|Copenhagen|Kopenhagen|Copenhague|Köpenhamn|Copenaghen
        Europe/Copenhagen Århus|Aarhus
        Europe/Dublin Dublin|Baile Átha Cliath|Dublín|Dublino
        Europe/Helsinki Helsinki|Helsingfors
        Europe/Istanbul İstanbul|Istanbul|Estambul
        Europe/Kyiv Kyiv|Київ|Kiev|Kiew
        Europe/Lisbon Lisboa|Lisbon|Lissabon|Lisbonne|Lisbona
        Europe/Lisbon Porto|Oporto
        Europe/Ljubljana Ljubljana|Laibach
        Europe/London London|Londres|Londra|Londen|Londyn|Londýn
        Europe/London Belfast
        Europe/London Birmingham
        Europe/London Edinburgh|Édimbourg|Edimburgo
        Europe/London Glasgow
        Europe/London Liverpool
        Europe/London Manchester
        Europe/Luxembourg Luxembourg|Luxemburg|Lëtzebuerg
        Europe/Madrid Madrid
        Europe/Madrid Barcelona|Barcelone|Barcellona
        Europe/Madrid Sevilla|Seville|Séville|Siviglia
        Europe/Madrid València|Valencia|Valence
        Europe/Moscow Москва|Moscow|Moskau|Moscou|Moscú|Mosca
        Europe/Oslo Oslo
        Europe/Paris Paris|París|Parigi|Parijs|Paryż
        Europe/Paris Lyon
        Europe/Paris Marseille|Marseilles|Marsella|Marsiglia
        Europe/Paris Strasbourg|Straßburg|Strassburg|Estrasburgo
        Europe/Prague Praha|Prague|Prag|Praga
        Europe/Riga Rīga|Riga
        Europe/Rome Roma|Rome|Rom|Rzym|Řím
        Europe/Rome Firenze|Florence|Florenz|Florencia
        Europe/Rome Genova|Genoa|Genua|Gênes|Génova
        Europe/Rome Milano|Milan|Mailand|Milán
        Europe/Rome Napoli|Naples|Neapel|Nápoles
        Europe/Rome Torino|Turin|Turín
        Europe/Rome Venezia|Venice|Venedig|Venise|Venecia
        Europe/Sofia София|Sofia|Sófia
        Europe/Stockholm Stockholm|Estocolmo|Stoccolma|Tukholma
        Europe/Stockholm Göteborg|Gothenburg|Gotemburgo
        Europe/Stockholm Malmö
        Europe/Tallinn Tallinn|Tallin|Reval
        Europe/Vienna Wien|Vienna|Vienne|Viena|Bécs|Vídeň|Viedeň|Wiedeń|Dunaj|Beč|Wenen
        Europe/Vienna Salzburg|Salzbourg|Salzburgo|Salisburgo
        Europe/Vilnius Vilnius|Wilno|Wilna
        Europe/Warsaw Warszawa|Warsaw|Warschau|Varsovie|Varsovia|Varsavia
        Europe/Warsaw Kraków|Krakow|Krakau|Cracow|Cracovie|Cracovia
        Europe/Warsaw Wrocław|Breslau
        Europe/Warsaw Gdańsk|Danzig
        Europe/Zagreb Zagreb|Agram
        Europe/Zurich Zürich|Zurich|Zurigo|Zúrich
        Europe/Zurich Genève|Geneva|Genf|Ginebra|Ginevra
        Europe/Zurich Basel|Bâle|Basilea
        Pacific/Auckland Auckland
        """
}
