package demoorg

const (
	company    = "Acme"
	mailDomain = "acme.example"
)

func firstNames() []string {
	return []string{
		"Aaliyah", "Aarav", "Abena", "Adriana", "Agnieszka", "Aiko", "Aisha", "Alejandro", "Amara", "Amelia",
		"Ana", "Anders", "Anika", "Anton", "Arjun", "Astrid", "Ayşe", "Beatriz", "Bjørn", "Bruno",
		"Camille", "Carlos", "Chiara", "Chidi", "Chloe", "Claire", "Daniel", "Daria", "David", "Deepa",
		"Diego", "Dmitri", "Eitan", "Elena", "Elif", "Emeka", "Emma", "Esra", "Ethan", "Fatima",
		"Felix", "Femi", "Fiona", "Freya", "Gabriela", "Giulia", "Hana", "Hannah", "Haruto", "Hassan",
		"Helena", "Hiroshi", "Hugo", "Ibrahim", "Ines", "Ingrid", "Isabel", "Ivan", "Jamal", "Jana",
		"Jin", "João", "Johan", "José", "Julia", "Kaito", "Karim", "Katarzyna", "Kenji", "Khadija",
		"Kofi", "Kwame", "Lars", "Laura", "Leo", "Liam", "Lin", "Lucía", "Łukasz", "Mads",
		"Magdalena", "Maja", "Malik", "Manon", "Marco", "Maria", "Marta", "Mateo", "Mathilde", "Maya",
		"Mehmet", "Mila", "Min-jun", "Mohammed", "Moana", "Nadia", "Nadine", "Ngozi", "Nia", "Nikhil",
		"Noah", "Nour", "Olga", "Oliver", "Olivia", "Omar", "Oscar", "Pablo", "Paulo", "Petra",
		"Quentin", "Rafael", "Rahul", "Renata", "Rosa", "Ruben", "Sakura", "Samuel", "Sara", "Seo-yeon",
		"Siddharth", "Siobhán", "Sofia", "Søren", "Stella", "Tariq", "Tereza", "Thabo", "Theo", "Thi",
		"Tiago", "Tuan", "Uma", "Valentina", "Wei", "Wiremu", "Xiu", "Yara", "Yasmin", "Yuki",
		"Yusuf", "Zainab", "Zanele", "Zoë",
	}
}

func lastNames() []string {
	return []string{
		"Abara", "Achebe", "Adeyemi", "Ahmed", "Almeida", "Andersen", "Andrade", "Ansari", "Asante", "Bakker",
		"Banerjee", "Barbosa", "Bauer", "Bello", "Bennett", "Bergström", "Bianchi", "Björk", "Boateng", "Bose",
		"Brandt", "Brennan", "Byrne", "Campbell", "Carvalho", "Castillo", "Chang", "Chatterjee", "Chen", "Cheung",
		"Cohen", "Colombo", "Costa", "Cruz", "Dang", "Das", "Delgado", "Demir", "Desai", "Diallo",
		"Díaz", "Dubois", "Duarte", "Dvořák", "Eriksen", "Esposito", "Farah", "Farouk", "Fernández", "Ferreira",
		"Fischer", "Fontaine", "Fujita", "García", "Ghosh", "Gomes", "González", "Gupta", "Gutiérrez", "Haddad",
		"Hakimi", "Hansen", "Hashimoto", "Hassan", "Hayashi", "Hoffmann", "Horvat", "Huang", "Ibrahim", "Ito",
		"Ivanova", "Jansen", "Jensen", "Johansson", "Kamau", "Kaplan", "Kapoor", "Kato", "Kaur", "Khalil",
		"Khan", "Kim", "Kimura", "Kobayashi", "Kowalski", "Krüger", "Kumar", "Kuznetsova", "Larsen", "Lee",
		"Lefèvre", "Levy", "Li", "Lima", "Liu", "López", "Lund", "MacDonald", "Maier", "Malhotra",
		"Mancini", "Marković", "Martin", "Martínez", "Mbeki", "McCarthy", "Mehta", "Mensah", "Meyer", "Mohamed",
		"Molina", "Moreau", "Moretti", "Mori", "Müller", "Murphy", "Mwangi", "Nair", "Navarro", "Ndiaye",
		"Nguyen", "Nielsen", "Novák", "Nowak", "Nyström", "O'Brien", "Ochieng", "Oduya", "Okonkwo", "Oliveira",
		"Olsen", "Ono", "Ortega", "Özdemir", "Park", "Patel", "Pereira", "Petrov", "Pham", "Popescu",
		"Qureshi", "Rahman", "Ramirez", "Rao", "Reyes", "Ricci", "Rodrigues", "Romano", "Rossi", "Ruiz",
		"Saito", "Sánchez", "Santos", "Sato", "Schneider", "Schmidt", "Sharma", "Silva", "Singh", "Smith",
		"Sousa", "Suzuki", "Svensson", "Takahashi", "Tan", "Tanaka", "Taylor", "Torres", "Tran", "Traoré",
		"Van Dijk", "Vargas", "Vasquez", "Wagner", "Walker", "Wang", "Watanabe", "Weiss", "Williams", "Wójcik",
		"Wong", "Wu", "Yamamoto", "Yang", "Yılmaz", "Zhang", "Zhou", "Zimmermann",
	}
}

// plainLetters spells the letters of the names above in ASCII.
func plainLetters() map[rune]rune {
	plain := map[rune]rune{}
	for from, to := range map[string]rune{
		"áàâãäåā": 'a', "çćč": 'c', "ďđ": 'd', "éèêëěę": 'e', "ğ": 'g', "íìîïı": 'i', "ł": 'l',
		"ñńň": 'n', "óòôõöø": 'o', "ř": 'r', "şšś": 's', "ťţ": 't', "úùûüů": 'u', "ýÿ": 'y', "žźż": 'z',
	} {
		for _, r := range from {
			plain[r] = to
		}
	}
	return plain
}

// department is where people work and what they are called there.
type department struct {
	name, division, center string
	titles                 []string
}

func departments() []department {
	return []department{
		{"Engineering", "Technology", "4100", []string{"Software Engineer", "Senior Software Engineer", "Staff Engineer", "Site Reliability Engineer", "Engineering Manager"}},
		{"Sales", "Commercial", "2100", []string{"Account Executive", "Sales Development Representative", "Senior Account Executive", "Regional Sales Manager"}},
		{"Customer Support", "Commercial", "2300", []string{"Support Specialist", "Senior Support Specialist", "Support Team Lead"}},
		{"Product", "Technology", "4200", []string{"Product Manager", "Senior Product Manager", "Product Analyst"}},
		{"Marketing", "Commercial", "2200", []string{"Marketing Specialist", "Content Strategist", "Marketing Manager"}},
		{"Finance", "Corporate", "1100", []string{"Accountant", "Financial Analyst", "Controller"}},
		{"People", "Corporate", "1200", []string{"People Partner", "Recruiter", "People Operations Specialist"}},
		{"Information Technology", "Technology", "4300", []string{"Systems Administrator", "Help Desk Technician", "Security Analyst", "IT Manager"}},
		{"Operations", "Corporate", "1300", []string{"Operations Coordinator", "Logistics Planner", "Facilities Manager"}},
		{"Legal", "Corporate", "1400", []string{"Counsel", "Paralegal", "Compliance Analyst"}},
		{"Design", "Technology", "4400", []string{"Product Designer", "Senior Product Designer", "Design Researcher"}},
		{"Research", "Technology", "4500", []string{"Research Scientist", "Data Scientist", "Research Assistant"}},
	}
}

// site is an office.
type site struct{ city, state, country, zone, locale, phone string }

func sites() []site {
	return []site{
		{"Austin", "TX", "US", "America/Chicago", "en_US", "+1512555"},
		{"Berlin", "BE", "DE", "Europe/Berlin", "de_DE", "+4930555"},
		{"Bengaluru", "KA", "IN", "Asia/Kolkata", "en_IN", "+9180555"},
		{"Lagos", "LA", "NG", "Africa/Lagos", "en_NG", "+2341555"},
		{"Lisbon", "", "PT", "Europe/Lisbon", "pt_PT", "+35121555"},
		{"Osaka", "", "JP", "Asia/Tokyo", "ja_JP", "+816555"},
		{"Oslo", "", "NO", "Europe/Oslo", "nb_NO", "+4722555"},
		{"São Paulo", "SP", "BR", "America/Sao_Paulo", "pt_BR", "+5511555"},
		{"Toronto", "ON", "CA", "America/Toronto", "en_CA", "+1416555"},
		{"Wellington", "", "NZ", "Pacific/Auckland", "en_NZ", "+644555"},
	}
}

func certificates() []string {
	return []string{"ISO 27001 Auditor", "CPR", "Forklift", "PMP", "CISSP", "ITIL", "First Aid", "AWS Architect"}
}

func teamNames() []string {
	return []string{
		"Albatross", "Bittern", "Condor", "Dunnock", "Egret", "Falcon", "Goldfinch", "Heron", "Ibis", "Jackdaw",
		"Kestrel", "Lapwing", "Merlin", "Nuthatch", "Osprey", "Plover", "Quail", "Raven", "Starling", "Tern",
	}
}
