import Marketplace

/// Names a device by its `User-Agent`: `Firefox on Windows`.
enum UserAgent {
    /// The order matters: most browsers also send the names of older ones.
    private static let browsers = [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari"),
    ]
    private static let systems = [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
        ("Macintosh", "a Mac"), ("Linux", "Linux"),
    ]

    static func name(_ userAgent: String) -> String {
        func first(_ names: [(String, String)]) -> String? { names.first { userAgent.contains($0.0) }?.1 }
        let browser = userAgent.hasPrefix("Mozilla/") ? first(browsers) : nil
        switch (browser, first(systems)) {
        case (let browser?, let system?): return "\(browser) on \(system)"
        case (let browser?, nil): return browser
        case (nil, _):
            // For a program, show the start of its `User-Agent`.
            let start = userAgent.trimmed.unicodeScalars.prefix(40).map(Character.init)
            return start.isEmpty ? "An unknown device" : String(start)
        }
    }
}
