/// Words that people add to a search, and that sellers rarely write into a listing. They only say that the search is
/// for a show, or connect other words.
enum GenericWords {
    static func contains(_ word: String) -> Bool {
        let key = KnownCity.folded(word)
        // A token that consists of punctuation: "&", "+", "-".
        return key.isEmpty ? !word.unicodeScalars.contains { $0.properties.isEmoji } : words.contains(key)
    }

    /// The words in the form of ``KnownCity/folded(_:)``.
    private static let words = Set(
        """
        ticket tickets concert concerts show shows live event events gig gigs buy cheap
        karte karten eintrittskarte eintrittskarten konzert konzerte veranstaltung kaufen
        billet billets place places spectacle spectacles
        entrada entradas boleto boletos concierto conciertos
        biglietto biglietti concerto concerti spettacolo
        kaartje kaartjes kaarten biljett biljetter billetter konsert konserter koncert koncerter bilet bilety bilhete
        bilhetes ingresso ingressos jegy lippu liput
        チケット ライブ コンサート 콘서트 티켓 演唱会 门票
        and n und et y e en og och i
        for in at on near fur im am pour para per a
        """.split { $0.isWhitespace }.map { KnownCity.folded(String($0)) })
}
